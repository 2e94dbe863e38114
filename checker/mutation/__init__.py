"""What if one line of the model were wrong: which of its properties would tell?"""
