"""The face latent space: training its model, driving portraits with it, and scoring it."""
