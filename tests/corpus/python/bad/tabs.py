import os
class A:
	os.system("id")
  def f(self): pass
