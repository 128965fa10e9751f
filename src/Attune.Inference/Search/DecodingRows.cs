namespace Attune.Inference.Search;

/// <summary>Texts that a model writes at the same time, a row each; the rows of a prompt stand together.</summary>
internal abstract class DecodingRows : IDisposable
{
    /// <summary>Number of rows.</summary>
    public abstract int Count { get; }

    /// <summary>Number of token ids V.</summary>
    public abstract int VocabSize { get; }

    /// <summary>What each row starts with.</summary>
    public abstract ReadOnlySpan<int> Prompt(int row);

    /// <summary>What an encoder has read for a row; the row's prompt where there is none.</summary>
    public abstract IReadOnlyList<int> Source(int row);

    /// <summary>What the text of a row continues.</summary>
    public PromptContext Context(int row, int maxNewTokens) => new(Prompt(row).Length, maxNewTokens, Source(row));

    /// <summary>Reads the prompts and gives the logits [rows, V] of what follows.</summary>
    public abstract void Begin(Span<float> logits);

    /// <summary>Appends a token to every row and gives the logits [rows, V] of what follows.</summary>
    public abstract void Step(ReadOnlySpan<int> ids, Span<float> logits);

    /// <summary>Replaces every row by the one that it continues.</summary>
    public abstract void Reorder(ReadOnlySpan<int> parents);

    public abstract void Dispose();
}
