using Attune.Models;

namespace Attune.Inference.Search;

/// <summary>Continuations of prompts.</summary>
internal sealed class CausalRows : DecodingRows
{
    private readonly int[][] _prompts;
    private readonly int _copies;
    private readonly DecodingState _state;

    public CausalRows(CausalLmModel model, int[][] prompts, int copies, int maxNewTokens)
    {
        _prompts = prompts;
        _copies = copies;
        _state = new DecodingState(model, Count, prompts.Max(prompt => prompt.Length) + maxNewTokens);
    }

    /// <inheritdoc/>
    public override int Count => _prompts.Length * _copies;

    /// <inheritdoc/>
    public override int VocabSize => _state.VocabSize;

    /// <inheritdoc/>
    public override ReadOnlySpan<int> Prompt(int row) => _prompts[row / _copies];

    /// <inheritdoc/>
    public override IReadOnlyList<int> Source(int row) => _prompts[row / _copies];

    /// <inheritdoc/>
    public override void Begin(Span<float> logits)
    {
        // A prompt is read once, into its first row, and copied to the others.
        int[] parents = new int[Count];
        for (int row = 0; row < Count; row++)
        {
            parents[row] = row / _copies * _copies;
            Span<float> own = logits.Slice(row * VocabSize, VocabSize);
            if (parents[row] == row)
            {
                _state.Read(row, Prompt(row), own);
            }
            else
            {
                logits.Slice(parents[row] * VocabSize, VocabSize).CopyTo(own);
            }
        }

        _state.Reorder(parents);
    }

    /// <inheritdoc/>
    public override void Step(ReadOnlySpan<int> ids, Span<float> logits) => _state.Step(ids, logits);

    /// <inheritdoc/>
    public override void Reorder(ReadOnlySpan<int> parents) => _state.Reorder(parents);

    /// <inheritdoc/>
    public override void Dispose() => _state.Dispose();
}
