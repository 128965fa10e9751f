using Attune.Tensors;

namespace Attune.Formats;

/// <summary>A tensor with a function applied to its elements, which it changes in place.</summary>
internal sealed class ValuesView(TensorView inner, ValueChange change) : FloatView(inner)
{
    public override Shape Shape => Inner.Shape;

    protected override void Fill(long element, Span<float> destination)
    {
        Inner.ReadFloat32(element, destination);
        change(destination);
    }
}

/// <summary>Changes values in place, each on its own.</summary>
internal delegate void ValueChange(Span<float> values);
