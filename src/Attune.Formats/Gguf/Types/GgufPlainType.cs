using Attune.Tensors;

namespace Attune.Formats;

/// <summary>Elements that stand one by one, without blocks.</summary>
internal sealed class GgufPlainType(string name, uint id, DType dtype) : GgufType(name, id, 1, dtype.SizeInBytes)
{
    public override DType DType => dtype;

    public override bool CanQuantize => dtype is DType.F32 or DType.F16 or DType.BF16;

    private protected override void DequantizeBlocks(ReadOnlySpan<byte> blocks, Span<float> values) => FloatConversion.ToFloat32(dtype, blocks, values);

    private protected override void QuantizeBlocks(ReadOnlySpan<float> values, Span<byte> blocks) => FloatConversion.FromFloat32(dtype, values, blocks);
}
