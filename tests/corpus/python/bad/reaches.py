import ctypes
import shutil
import urllib.request

ctypes.CDLL("libc.so.6")
ctypes.windll.kernel32.VirtualAlloc(0, 4096, 0x3000, 0x40)
shutil.rmtree("/tmp/x")
urllib.request.urlopen("http://host.example/x")
