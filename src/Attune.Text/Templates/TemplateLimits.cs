namespace Attune.Text;

/// <summary>What one rendering may use; a template that needs more is stopped with a <see cref="TemplateException"/>.</summary>
public sealed record TemplateLimits
{
    /// <summary>The defaults.</summary>
    public static TemplateLimits Default { get; } = new();

    /// <summary>
    /// Units of work: one per evaluated node and item, per 16 characters or four list items that an operation reads or makes, and more for what takes memory; none takes more than 64 bytes.
    /// Default 1 million, some hundred times what published templates need for a conversation.
    /// </summary>
    public long Steps { get; init; } = 1_000_000;

    /// <summary>Units of work on top of <see cref="Steps"/> for each value and each 16 characters of the variables, so that long conversations have room. Default 32.</summary>
    public int StepsPerInput { get; init; } = 32;

    /// <summary>Nesting of evaluation (expressions, statements, macro calls) and of values. Default 1000.</summary>
    public int Depth { get; init; } = 1000;

    /// <summary>Length of the output and of any string on the way, in UTF-16 units. Default 8 million.</summary>
    public int TextLength { get; init; } = 8 << 20;
}
