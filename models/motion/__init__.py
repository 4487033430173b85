"""The motion generator of VASA-1, section 3.2: a diffusion transformer from speech and controls to motion latents.

`space` has the numbers of a motion, `presets` the sizes; `network` predicts x0 of what `schedule` noised, under
`conditions`, and `losses` teach it. `sampler` and `guidance` draw a window from it, `generation` a motion as long as
its sound. `model` puts the network together with the `statistics` of its data; `checkpoint` has both as one file.

N: batch, W: frames of a window, K: of the window before that is told, D: numbers of a frame's motion, A: of its sound.
Within the network all is standardised; degrees and a catalog's units are outside.
"""
