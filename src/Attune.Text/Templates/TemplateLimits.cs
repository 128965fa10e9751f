namespace Attune.Text;

/// <summary>What one rendering may use; a template that needs more is stopped with a <see cref="TemplateException"/>.</summary>
public sealed record TemplateLimits
{
    /// <summary>The defaults.</summary>
    public static TemplateLimits Default { get; } = new();

    /// <summary>Units of work: one per evaluated node and item, per 16 characters or four list items that an operation reads or makes, and more for what takes memory. Default 10 million.</summary>
    public long Steps { get; init; } = 10_000_000;

    /// <summary>Nesting of evaluation (expressions, statements, macro calls) and of values. Default 1000.</summary>
    public int Depth { get; init; } = 1000;

    /// <summary>Length of the output and of any string on the way, in UTF-16 units. Default 8 million.</summary>
    public int TextLength { get; init; } = 8 << 20;
}
