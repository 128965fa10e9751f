namespace Attune.Data.Tasks;

/// <summary>What a model is to do with the rows, besides continuing texts.</summary>
public sealed record TaskOptions
{
    /// <summary>
    /// What the model learns or is asked: <c>clm</c> (default: the next token), <c>mlm</c> (hidden tokens), <c>classify</c> (one class of each text), <c>multilabel</c> (any number of classes), <c>regress</c>
    /// (numbers), <c>tag</c> (a class of each word), <c>qa</c> (where in a text an answer stands), <c>choice</c> (which of several answers is right), <c>seq2seq</c> (another text) or <c>embed</c> (a vector of each text).
    /// </summary>
    public string Task { get; init; } = "clm";

    /// <summary>Names of the classes in the order of their ids. Default: those of the model if it knows all that are found, else those found in the data, sorted.</summary>
    public IReadOnlyList<string> Labels { get; init; } = [];

    /// <summary>With <c>multilabel</c>, what stands between the names of classes in a text. Default: a comma.</summary>
    public string LabelSeparator { get; init; } = ",";

    /// <summary>With <c>qa</c>, tokens that neighbouring windows of a long text share. Range: 0 to less than the window. Default: 128, or a quarter of max_length if that is less.</summary>
    public int? DocStride { get; init; }

    /// <summary>With <c>qa</c>, whether a question may have no answer in its text; then no answers are empty, and the model may answer with nothing. Default: false.</summary>
    public bool AllowNoAnswer { get; init; }

    /// <summary>With <c>seq2seq</c>, a text before every source, such as 'summarize: ' for T5. Default: none.</summary>
    public string SourcePrefix { get; init; } = "";

    /// <summary>With <c>seq2seq</c>, most tokens of a text to write; longer ones are cut. Range: 2 and up. Default: 128.</summary>
    public int MaxTargetLength { get; init; } = 128;

    /// <summary>With <c>mlm</c>, the share of tokens that are predicted. Range: above 0, below 1. Default: 0.15.</summary>
    public double MlmProbability { get; init; } = 0.15;

    /// <summary>Checks every value against its range.</summary>
    /// <exception cref="DataException">A value is out of its range.</exception>
    public void Validate()
    {
        KnownRowTasks.Check(Task);
        Check.Range(DocStride ?? 0, "doc_stride", 0, int.MaxValue);
        Check.Range(MaxTargetLength, "max_target_length", 2, int.MaxValue);
        if (LabelSeparator.Length == 0)
        {
            throw new DataException("label_separator must have at least one character.");
        }

        if (!(MlmProbability is > 0 and < 1))
        {
            throw new DataException(FormattableString.Invariant($"mlm_probability must be above 0 and below 1; it is {MlmProbability}."));
        }
    }
}
