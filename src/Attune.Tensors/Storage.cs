namespace Attune.Tensors;

/// <summary>A block of a backend's memory. Several tensors may look into one block; it goes back to the pool when the last of them lets go.</summary>
public abstract class Storage
{
    /// <summary>Describes a block.</summary>
    protected Storage(long bytes) => Bytes = bytes;

    /// <summary>Size in bytes.</summary>
    public long Bytes { get; }

    internal int References { get; set; }
}
