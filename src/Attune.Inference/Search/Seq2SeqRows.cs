using Attune.Models.Seq2Seq;
using Attune.Nn;
using Attune.Tensors;

namespace Attune.Inference.Search;

/// <summary>Answers to texts that an encoder has read. Lives no longer than the scope in which it was made.</summary>
internal sealed class Seq2SeqRows : DecodingRows
{
    private readonly Seq2SeqModel _model;
    private readonly int[][] _sources;
    private readonly int[][] _prompts;
    private readonly int _copies;
    private readonly EncoderMemory _memory;
    private readonly KvCache _cache;
    private readonly int[] _counts;

    public Seq2SeqRows(Seq2SeqModel model, int[][] sources, int[] startIds, int copies, int maxNewTokens)
    {
        _model = model;
        _copies = copies;
        _sources = sources;
        _prompts = [.. startIds.Select(id => new[] { id })];
        using var pause = model.Device.Tape.Pause();
        int[] starts = new int[sources.Length + 1];
        for (int s = 0; s < sources.Length; s++)
        {
            starts[s + 1] = starts[s] + sources[s].Length;
        }

        var batch = TokenBatch.Create(
            model.Device, sources.SelectMany(ids => ids).ToArray(), sources.SelectMany(ids => Enumerable.Range(0, ids.Length)).ToArray(), starts);
        _memory = model.Remember(new ForwardPass(batch)).Repeat([.. Enumerable.Range(0, Count).Select(row => row / copies)]);
        _cache = model.CreateCache(Count, maxNewTokens + 1);
        _counts = new int[Count];
        Array.Fill(_counts, 1);
    }

    /// <inheritdoc/>
    public override int Count => _prompts.Length * _copies;

    /// <inheritdoc/>
    public override int VocabSize => _model.VocabSize;

    /// <inheritdoc/>
    public override ReadOnlySpan<int> Prompt(int row) => _prompts[row / _copies];

    /// <inheritdoc/>
    public override IReadOnlyList<int> Source(int row) => _sources[row / _copies];

    /// <inheritdoc/>
    public override void Begin(Span<float> logits) => Step([.. Enumerable.Range(0, Count).Select(row => _prompts[row / _copies][0])], logits);

    /// <inheritdoc/>
    public override void Step(ReadOnlySpan<int> ids, Span<float> logits)
    {
        Device device = _model.Device;
        using StepScope scope = device.Scope();
        using var pause = device.Tape.Pause();
        Tensor hidden = _model.Decode(new ForwardPass(_cache.Append(ids, _counts)) { Cache = _cache }, _memory);
        _cache.Commit();
        _model.Logits(hidden).CopyTo(logits);
    }

    /// <inheritdoc/>
    public override void Reorder(ReadOnlySpan<int> parents) => _cache.Reorder(parents);

    /// <inheritdoc/>
    public override void Dispose() => _cache.Dispose();
}
