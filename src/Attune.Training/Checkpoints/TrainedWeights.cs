using Attune.Nn;
using Attune.Tensors;

namespace Attune.Training.Checkpoints;

/// <summary>What a run trains and saves: an adapter, or weights of the model itself.</summary>
public abstract class TrainedWeights
{
    /// <summary>The device that holds the weights.</summary>
    public abstract Device Device { get; }

    /// <summary>The trained parameters, in a fixed order.</summary>
    public abstract IReadOnlyList<Parameter> Parameters { get; }

    /// <summary>Writes the weights into a folder that exists.</summary>
    /// <exception cref="IOException">A file cannot be written.</exception>
    public abstract void Write(string folder);

    /// <summary>Puts the weights that <see cref="Write"/> wrote back in place.</summary>
    /// <exception cref="Attune.Formats.ModelFileException">A file cannot be read or is damaged.</exception>
    /// <exception cref="TrainingException">The files do not fit the parameters.</exception>
    public abstract void Read(string folder);
}
