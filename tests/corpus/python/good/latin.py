# -*- coding: latin-1 -*-
import os
name = "café"
def f(): pass
