using System.Buffers;
using Attune.Tensors.Backends;

namespace Attune.Formats;

/// <summary>A matrix of a GGUF file, or several one after the other, as codes, scales and offsets.</summary>
internal sealed class GgufBlockMatrix(GgufFile file, GgufTensor tensor) : IBlockMatrix
{
    public int Rows => (int)(tensor.Shape.Count / tensor.Shape[-1]);

    public int Columns => (int)tensor.Shape[-1];

    public BlockFormat Format => tensor.Type.Format!.Value;

    public void ReadRows(int firstRow, Span<byte> codes, Span<float> scales, Span<float> offsets)
    {
        GgufType type = tensor.Type;
        int rowBytes = Columns / type.BlockElements * type.BlockBytes;
        int bytes = codes.Length / Columns * rowBytes;
        byte[] blocks = ArrayPool<byte>.Shared.Rent(bytes);
        file.ReadRaw(tensor.Name, (long)firstRow * rowBytes, blocks.AsSpan(0, bytes));
        type.Split(blocks.AsSpan(0, bytes), codes, scales, offsets);
        ArrayPool<byte>.Shared.Return(blocks);
    }
}
