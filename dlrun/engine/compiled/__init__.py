"""A run's step as machine code: recorded once, written as a function in C, compiled, and called for many steps at once.

`recording` notes torch's operations of one step on copies of the run's tensors; `lowering` and `operations` write them
as loops (`loops`), `source` makes a C file of them; `compiler` has the machine's compiler make a library of it, which
is kept; `program` calls it on the run's own tensors; `step` takes the place of `EagerStep`.
"""
