
Troot"_tf_keras_sequential*2{"name": "sequential", "class_name": "Sequential"}2
;root.layer-0"_tf_keras_layer*{"class_name": "Lambda"}