using Attune.Tensors;
using Attune.Tensors.Backends;

namespace Attune.Formats;

/// <summary>A tensor type of GGUF files: blocks of a fixed number of elements in a fixed number of bytes.</summary>
/// <param name="name">Name in the words of ggml, such as <c>Q4_K</c>.</param>
/// <param name="id">Number in the file.</param>
/// <param name="blockElements">Elements per block; 1 for plain types.</param>
/// <param name="blockBytes">Bytes per block.</param>
public abstract class GgufType(string name, uint id, int blockElements, int blockBytes)
{
    /// <summary>Name in the words of ggml, such as <c>Q4_K</c>.</summary>
    public string Name => name;

    /// <summary>Number in the file.</summary>
    public uint Id => id;

    /// <summary>Elements per block; 1 for plain types.</summary>
    public int BlockElements => blockElements;

    /// <summary>Bytes per block.</summary>
    public int BlockBytes => blockBytes;

    /// <summary>Element type in which tensors of this type are given: their own for plain types, <see cref="Attune.Tensors.DType.F32"/> for blocks.</summary>
    public virtual DType DType => DType.F32;

    /// <summary>How the blocks can be taken apart into codes, scales and offsets that are shared by 32 elements each; null where they cannot.</summary>
    public virtual BlockFormat? Format => null;

    /// <summary>Whether tensors of this type can be written.</summary>
    public virtual bool CanQuantize => false;

    /// <summary>Expands whole blocks to single precision.</summary>
    /// <exception cref="ArgumentException">The lengths do not fit whole blocks.</exception>
    public void Dequantize(ReadOnlySpan<byte> blocks, Span<float> values)
    {
        RequireFit(blocks.Length, values.Length);
        DequantizeBlocks(blocks, values);
    }

    /// <summary>Packs single-precision values into whole blocks.</summary>
    /// <exception cref="ArgumentException">The lengths do not fit whole blocks.</exception>
    /// <exception cref="NotSupportedException">Tensors of this type are only read (<see cref="CanQuantize"/> is false).</exception>
    public void Quantize(ReadOnlySpan<float> values, Span<byte> blocks)
    {
        if (!CanQuantize)
        {
            throw new NotSupportedException($"tensors of type {Name} can be read but not written; writable types: {string.Join(", ", KnownGgufTypes.Writable)}");
        }

        RequireFit(blocks.Length, values.Length);
        QuantizeBlocks(values, blocks);
    }

    /// <summary>Takes whole blocks of a type that has a <see cref="Format"/> apart.</summary>
    /// <param name="blocks">Whole blocks.</param>
    /// <param name="codes">One for each element.</param>
    /// <param name="scales">One for each 32 elements.</param>
    /// <param name="offsets">One for each 32 elements; left as it is by formats without offsets.</param>
    /// <exception cref="ArgumentException">The lengths do not fit whole blocks.</exception>
    public void Split(ReadOnlySpan<byte> blocks, Span<byte> codes, Span<float> scales, Span<float> offsets)
    {
        RequireFit(blocks.Length, codes.Length);
        SplitBlocks(blocks, codes, scales, offsets);
    }

    /// <summary>The name.</summary>
    public override string ToString() => Name;

    /// <summary>Expands blocks whose lengths were checked.</summary>
    private protected abstract void DequantizeBlocks(ReadOnlySpan<byte> blocks, Span<float> values);

    /// <summary>Takes blocks whose lengths were checked apart; only called when there is a <see cref="Format"/>.</summary>
    private protected virtual void SplitBlocks(ReadOnlySpan<byte> blocks, Span<byte> codes, Span<float> scales, Span<float> offsets) => throw new NotSupportedException(Name);

    /// <summary>Packs blocks whose lengths were checked; only called when <see cref="CanQuantize"/> is true.</summary>
    private protected virtual void QuantizeBlocks(ReadOnlySpan<float> values, Span<byte> blocks) => throw new NotSupportedException(Name);

    private void RequireFit(int bytes, int elements)
    {
        if (bytes % BlockBytes != 0 || elements != (long)(bytes / BlockBytes) * BlockElements)
        {
            throw new ArgumentException($"{bytes} bytes and {elements} elements are not the same number of whole {Name} blocks ({BlockElements} elements in {BlockBytes} bytes)");
        }
    }
}
