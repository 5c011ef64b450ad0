"""Every figure, as functions that return a matplotlib Figure."""

from .course import gradients_figure, history_figure
from .family import family_figure
from .figures import animate, page_figure, samples_figure
from .images import image_grid, save_images
from .style import BANDS, BLUE, FAKE, GREEN, GREY, OPINION, PURPLE, REAL, RED, SKY, STYLE, YELLOW, save
from .views import IMAGES, Frame, opinion_grid

__all__ = ["BANDS", "BLUE", "FAKE", "GREEN", "GREY", "IMAGES", "OPINION", "PURPLE", "REAL", "RED", "SKY", "STYLE"]
__all__ += ["YELLOW", "Frame", "animate", "family_figure", "gradients_figure", "history_figure", "image_grid"]
__all__ += ["opinion_grid", "page_figure", "samples_figure", "save", "save_images"]
