using Attune.Formats;

namespace Attune.Training.Optimizers;

/// <summary>Changes weights by their gradients.</summary>
public abstract class Optimizer : IDisposable
{
    /// <summary>Changes every parameter that has a gradient and marks it as changed.</summary>
    /// <param name="learningRate">The schedule's learning rate; groups multiply it by their factor.</param>
    /// <param name="gradientScale">Factor of the gradients: the clipping coefficient.</param>
    public abstract void Step(double learningRate, double gradientScale);

    /// <summary>Writes all that is needed to go on later into a safetensors file.</summary>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public abstract void Write(string path);

    /// <summary>Takes up what <see cref="Write"/> wrote.</summary>
    /// <exception cref="ModelFileException">The file cannot be read or is damaged.</exception>
    /// <exception cref="TrainingException">The file does not fit the parameters.</exception>
    public abstract void Read(string path);

    /// <summary>Frees the optimiser's memory.</summary>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Frees the optimiser's memory.</summary>
    protected abstract void Dispose(bool disposing);
}
