"""The face latent model of VASA-1, section 3.1: a canonical volume, identity, head pose and facial dynamics.

Its networks, one a file, in the order of use: appearance, identity, pose, dynamics, flow, rigid, canonical, decoder;
discriminator and reader for training alone. `presets` has their sizes, `model` puts them together.

Coordinates of images and volumes are crop units: the picture spans [-1, 1] in x (right) and y (down), and z, away from
the camera, is in the same unit; so the volume's corners are at (-1, -1, -1) and (1, 1, 1).
"""
