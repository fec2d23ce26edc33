"""Large pictures, painted block by block: each block is optimised while all else stands still.

A block has an objective, a history of L-BFGS and evaluations of its own, so that neither memory nor
the work of an evaluation grows with the picture, and several processes paint one without a word at
each evaluation. What holds the blocks together is decided for the whole picture before: prices of
the paintings' places, colours, and the subject.
"""
