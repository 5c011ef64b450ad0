"""The capstone: a whole GAN in a blank file, with a D that judges two samples at once.

Below this text the file is blank. Write a class GAN into it, with nothing but Python and NumPy, then ask
`minigan exercise check capstone`. It is trained twice and judged on data and seeds that you don't see, on one
core. Each training has a minute of computing time, on which other work of your machine doesn't count (the answer
in the book takes 5 seconds). `minigan exercise hint capstone` gives a hint, and `minigan exercise solution
capstone` opens once yours has passed.

minigan/core/plain.py shows a GAN on one page, and may be read. What it does not have is **packing** (Lin et al.
2018; lesson 17): your D is shown packs, two samples side by side, both real or both fakes, and gives one logit a
pack. A forger who makes the same thing twice is caught by that, though each of his two things is perfect.

    gan = GAN(data, seed)       data (n, dim), float64: n real samples of 1 to 3 numbers, in grams or light years

It offers three things to look at

    gan.G, gan.D                two lists of float64 arrays: all that generator and discriminator learn. The judge
                                nudges their entries in place, and the methods below must feel it
    gan.latent                  how many numbers z has; z is standard normal
    gan.steps                   how often step() is to be called until you would show what it makes

and ten methods. Rows 0 and 1 of an array are its first pack, rows 2 and 3 its second, and so on. With
D = 1 / (1 + e^-logit), samples in data's units and losses in nats:

    gan.generate(z)             z (m, latent) -> fakes (m, dim): G
    gan.discriminate(x)         x (2m, dim) -> logits (m,), one a pack, each from its own two rows alone: D
    gan.d_loss(real, fake)      the mean of -log D over the packs of real (2m, dim), plus that of -log(1 - D) over
                                those of fake (2k, dim)
    gan.g_loss(z)               the mean of -log D over the packs of G's fakes for z (2m, latent): the label trick
    gan.d_gradient(real, fake)  the slope of d_loss at each number of gan.D: a list of arrays shaped like it
    gan.g_gradient(z)           the slope of g_loss at each number of gan.G, likewise
    gan.d_step()                moves D, and D alone, a step down its loss, on a batch of the data and fresh fakes
    gan.g_step()                moves G, and G alone, a step down its loss, on fresh z
    gan.step()                  one round of your training: d_step and g_step, as often as you like
    gan.sample(n, seed)         generate at n draws of z (n, dim): the same for the same seed however often it is
                                asked, and asking changes nothing

The losses must be right for any logits: at 1000 as at -1000 they are numbers. All of a run, the first weights too,
follows from data and seed; data stays as it is.

At the end data is a mixture of four to six round bells in the plane, equally frequent, neighbours some five to
nine of their standard deviations apart; and then, for a new GAN, another with another number of bells. Of
5,000 fakes three quarters must lie within three standard deviations of a bell's centre, each bell must have at
least .4 of the share that is due to it, and the bells must be at least half as wide as the data's. That is
learnt in the rounds, by gan.G: before them, or with zeros in it, it isn't so.
"""
