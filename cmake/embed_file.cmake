# Writes OUT: the bytes of IN as a C array.
file(READ ${IN} hex HEX)
string(LENGTH "${hex}" digits)
math(EXPR len "${digits} / 2")
string(REGEX REPLACE "(................................)" "\\1\n" hex "${hex}")
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," hex "${hex}")
file(WRITE ${OUT} "#include <stddef.h>\nextern const unsigned char pal_data_${NAME}[];\nextern const size_t pal_data_${NAME}_len;\n"
  "const unsigned char pal_data_${NAME}[] = {\n${hex}0\n};\nconst size_t pal_data_${NAME}_len = ${len};\n")
