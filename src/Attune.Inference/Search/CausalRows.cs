using Attune.Models;
using Attune.Nn;
using Attune.Tensors;

namespace Attune.Inference.Search;

/// <summary>Continuations of prompts.</summary>
internal sealed class CausalRows : DecodingRows
{
    private readonly CausalLmModel _model;
    private readonly int[][] _prompts;
    private readonly int _copies;
    private readonly KvCache _cache;
    private readonly int[] _counts;

    public CausalRows(CausalLmModel model, int[][] prompts, int copies, int maxNewTokens)
    {
        _model = model;
        _prompts = prompts;
        _copies = copies;
        _counts = new int[Count];
        _cache = model.CreateCache(Count, prompts.Max(prompt => prompt.Length) + maxNewTokens);
    }

    /// <inheritdoc/>
    public override int Count => _prompts.Length * _copies;

    /// <inheritdoc/>
    public override int VocabSize => _model.VocabSize;

    /// <inheritdoc/>
    public override ReadOnlySpan<int> Prompt(int row) => _prompts[row / _copies];

    /// <inheritdoc/>
    public override void Begin(Span<float> logits)
    {
        // A prompt is read once, into its first row, and copied to the others.
        int[] parents = new int[Count];
        for (int row = 0; row < Count; row++)
        {
            parents[row] = row / _copies * _copies;
            _counts[row] = parents[row] == row ? _prompts[row / _copies].Length : 0;
        }

        var first = new float[_prompts.Length * VocabSize];
        Run([.. _prompts.SelectMany(prompt => prompt)], first);
        Reorder(parents);
        for (int row = 0; row < Count; row++)
        {
            first.AsSpan(row / _copies * VocabSize, VocabSize).CopyTo(logits[(row * VocabSize)..]);
        }

        Array.Fill(_counts, 1);
    }

    /// <inheritdoc/>
    public override void Step(ReadOnlySpan<int> ids, Span<float> logits) => Run(ids, logits);

    /// <inheritdoc/>
    public override void Reorder(ReadOnlySpan<int> parents) => _cache.Reorder(parents);

    /// <inheritdoc/>
    public override void Dispose() => _cache.Dispose();

    private void Run(ReadOnlySpan<int> ids, Span<float> logits)
    {
        Device device = _model.Device;
        using StepScope scope = device.Scope();
        using var pause = device.Tape.Pause();
        Tensor hidden = _model.Hidden(new ForwardPass(_cache.Append(ids, _counts)) { Cache = _cache });
        _cache.Commit();
        List<int> last = [];
        int end = 0;
        foreach (int count in _counts)
        {
            end += count;
            if (count > 0)
            {
                last.Add(end - 1);
            }
        }

        _model.Logits(hidden.Embedding(device.From([.. last], [last.Count]))).CopyTo(logits);
    }
}
