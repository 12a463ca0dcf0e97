exec(open("settings.txt").read())
