using Attune.Tensors;

namespace Attune.Formats;

/// <summary>The rows of one matrix above those of another with as many columns.</summary>
internal sealed class JoinedRowsView : FloatView
{
    private readonly TensorView _below;

    public JoinedRowsView(TensorView above, TensorView below)
        : base(above)
    {
        _below = below;
        Shape = above.Shape.Rank == 2 && below.Shape.Rank == 2 && above.Shape[1] == below.Shape[1]
            ? above.Shape.With(0, checked(above.Shape[0] + below.Shape[0]))
            : throw below.Bad($"expected a matrix with as many columns as '{above.Origin.Name}' {above.Shape}, found shape {below.Shape}");
    }

    public override Shape Shape { get; }

    protected override void Fill(long element, Span<float> destination)
    {
        int above = (int)Math.Clamp(Inner.Shape.Count - element, 0, destination.Length);
        Inner.ReadFloat32(element, destination[..above]);
        if (above < destination.Length)
        {
            _below.ReadFloat32(element + above - Inner.Shape.Count, destination[above..]);
        }
    }
}
