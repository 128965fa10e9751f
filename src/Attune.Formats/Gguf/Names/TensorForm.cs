using System.Numerics.Tensors;

namespace Attune.Formats;

/// <summary>What a tensor goes through between its form in a GGUF file and Hugging Face's.</summary>
/// <param name="ToHuggingFace">Makes Hugging Face's form of the file's, by the model's configuration.</param>
/// <param name="ToGguf">Makes the file's form of Hugging Face's.</param>
internal sealed record TensorForm(Func<TensorView, ModelConfig, TensorView> ToHuggingFace, Func<TensorView, ModelConfig, TensorView> ToGguf)
{
    // Half a unit in the last place of single precision.
    private const double HalfUnit = 1.0 / (1 << 24);

    /// <summary>The <see cref="TensorInfo.Rounding"/> of what has been written in this form and read again; 0 where elements only move.</summary>
    public double Rounding { get; init; }

    /// <summary>The same in both.</summary>
    public static TensorForm Same { get; } = new((view, _) => view, (view, _) => view);

    /// <summary>The rows of queries in the order of the interleaved rotary form.</summary>
    public static TensorForm QueryRows { get; } = Rows(config => new RowPermutation(config.GetPositive("num_attention_heads")));

    /// <summary>The rows of keys in the order of the interleaved rotary form.</summary>
    public static TensorForm KeyRows { get; } = Rows(config => new RowPermutation(config.GetPositive("num_key_value_heads", config.GetPositive("num_attention_heads"))));

    /// <summary>Norms that scale by 1 + w in Hugging Face and by w in GGUF.</summary>
    public static TensorForm PlusOne { get; } = new(
        (view, _) => new ValuesView(view, static values => TensorPrimitives.Subtract(values, 1, values)),
        (view, _) => new ValuesView(view, static values => TensorPrimitives.Add(values, 1, values)))
    {
        // The sum is rounded, and may be twice as large as the weight.
        Rounding = 2 * HalfUnit,
    };

    /// <summary>Matrices that Hugging Face holds as [in, out].</summary>
    public static TensorForm Transposed { get; } = new((view, _) => Turned(view), (view, _) => Turned(view));

    /// <summary>A vector in Hugging Face, a column in GGUF.</summary>
    public static TensorForm Column { get; } = new((view, _) => view.Reshaped([view.Shape.Count]), (view, _) => view.Reshaped([view.Shape.Count, 1]));

    /// <summary>A matrix of one row in Hugging Face, a vector in GGUF.</summary>
    public static TensorForm SingleRow { get; } = new((view, _) => view.Reshaped([1, view.Shape.Count]), (view, _) => view.Reshaped([view.Shape.Count]));

    /// <summary>The kernels of a convolution of single channels: [channels, 1, width] in Hugging Face, [channels, width] in GGUF.</summary>
    public static TensorForm Kernels { get; } = new(
        (view, _) => view.Shape.Rank == 2 ? view.Reshaped([view.Shape[0], 1, view.Shape[1]]) : throw view.Bad($"expected [channels, width], found shape {view.Shape}"),
        (view, _) => view.Shape.Rank == 3 && view.Shape[1] == 1
            ? view.Reshaped([view.Shape[0], view.Shape[2]])
            : throw view.Bad($"expected [channels, 1, width], found shape {view.Shape}"));

    /// <summary>The decay of a state space: a vector of logarithms in Hugging Face, a column of negative numbers in GGUF.</summary>
    public static TensorForm Decay { get; } = new(
        (view, config) => new ValuesView(Column.ToHuggingFace(view, config), static values =>
        {
            TensorPrimitives.Negate(values, values);
            TensorPrimitives.Log(values, values);
        }),
        (view, config) => new ValuesView(Column.ToGguf(view, config), static values =>
        {
            TensorPrimitives.Exp(values, values);
            TensorPrimitives.Negate(values, values);
        }))
    {
        // Exponential and logarithm are right within a unit each.
        Rounding = 4 * HalfUnit,
    };

    /// <summary>Rows in another order.</summary>
    public static TensorForm Rows(Func<ModelConfig, RowOrder> order) => new(
        (view, config) => Reordered(view, order(config), static order => order.FileRow),
        (view, config) => Reordered(view, order(config), static order => order.HuggingFaceRow));

    /// <summary>The rows of a matrix from one on; those before it, which nothing reads, are zeros where they are read again.</summary>
    public static TensorForm RowsFrom(Func<ModelConfig, int> first) => new(
        (view, config) => new LeadingZerosView(view, first(config)),
        (view, config) => view.Shape.Rank == 2 && view.Shape[0] > first(config)
            ? new SliceView(view, first(config) * view.Shape[1], view.Shape.With(0, view.Shape[0] - first(config)))
            : throw view.Bad($"expected a matrix of more than {first(config)} rows, found shape {view.Shape}"));

    /// <summary>The rows of a fused projection with as many heads of keys and values as of queries: by heads in Hugging Face, by kinds in GGUF.</summary>
    public static TensorForm HeadRows(params string[] headsKeys) => Rows(config =>
    {
        int heads = config.GetPositive(config.Present(headsKeys));
        return new GroupedRows(heads, heads);
    });

    /// <summary>One part or several of equal size in Hugging Face's only dimension, which GGUF lists in a dimension of its own.</summary>
    public static TensorForm Parts(Func<ModelConfig, int> count) => new(
        (view, _) => view.Reshaped([view.Shape.Count]),
        (view, config) => view.Shape.Count % count(config) == 0
            ? view.Reshaped([count(config), view.Shape.Count / count(config)])
            : throw view.Bad($"expected {count(config)} parts of equal size, found shape {view.Shape}"));

    private static TransposedView Turned(TensorView view) => new(view);

    private static RowsView Reordered(TensorView view, RowOrder order, Func<RowOrder, Func<int, int, int>> side)
    {
        if (view.Shape.Rank is < 1 or > 2 || !order.Fits(view.Shape[0]))
        {
            throw view.Bad($"expected {order.Expected}, found shape {view.Shape}");
        }

        int rows = (int)view.Shape[0];
        Func<int, int, int> row = side(order);
        return new RowsView(view, r => row(r, rows));
    }
}
