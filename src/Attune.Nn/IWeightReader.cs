using Attune.Tensors;
using Attune.Tensors.Backends;

namespace Attune.Nn;

/// <summary>Where a model's weights come from: files, random numbers.</summary>
public interface IWeightReader
{
    /// <summary>Where the weights are, for messages.</summary>
    string Location { get; }

    /// <summary>Names of all weights there are.</summary>
    IReadOnlyCollection<string> Names { get; }

    /// <summary>Extents of a weight; false when there is none of that name. A source that can make any weight gives the extents that the configuration expects.</summary>
    bool TryGetShape(string name, in Shape expected, out Shape shape);

    /// <summary>Says with which value a weight starts that is made from nothing; sources that read weights need not know.</summary>
    void SetInitial(string name, float value)
    {
    }

    /// <summary>Reads elements in row-major order from an offset on, converted to single precision, as many as fit.</summary>
    void Read(string name, long elementOffset, Span<float> destination);

    /// <summary>A matrix that is stored in few bits, block by block; null for every other weight.</summary>
    IBlockMatrix? TryOpenBlocks(string name) => null;
}
