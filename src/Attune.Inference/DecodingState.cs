using Attune.Models;
using Attune.Nn;
using Attune.Tensors;

namespace Attune.Inference;

/// <summary>Sequences that a model reads token by token, all of them together, with a cache of keys and values.</summary>
/// <remarks>Every kind of generation stands on it. A step reads the weights once for all sequences, so eight cost little more than one.</remarks>
public sealed class DecodingState : IDisposable
{
    /// <summary>Long texts are read in pieces of so many tokens, so that memory stays bounded.</summary>
    private const int PieceTokens = KvCache.UsualPieceTokens;

    private readonly CausalLmModel _model;
    private readonly KvCache _cache;
    private readonly int[] _counts;
    private readonly int[] _last;

    /// <summary>Makes a state in which nothing was read.</summary>
    /// <param name="model">The model.</param>
    /// <param name="sequences">Number of sequences S.</param>
    /// <param name="capacity">Tokens that each can hold.</param>
    public DecodingState(CausalLmModel model, int sequences, int capacity)
    {
        _model = model;
        _cache = model.CreateCache(sequences, capacity, PieceTokens);
        _counts = new int[sequences];
        _last = new int[sequences];
    }

    /// <summary>Number of token ids V.</summary>
    public int VocabSize => _model.VocabSize;

    /// <summary>Reads a text into a sequence, behind what it holds, and gives the logits of what follows.</summary>
    /// <param name="sequence">Its index.</param>
    /// <param name="ids">At least one token.</param>
    /// <param name="logits">[V].</param>
    /// <exception cref="TensorException">The sequence would outgrow its capacity.</exception>
    public void Read(int sequence, ReadOnlySpan<int> ids, Span<float> logits)
    {
        Array.Clear(_counts);
        for (int start = 0; start < ids.Length; start += PieceTokens)
        {
            int count = Math.Min(PieceTokens, ids.Length - start);
            _counts[sequence] = count;
            Run(ids.Slice(start, count), start + count == ids.Length ? logits : default);
        }
    }

    /// <summary>Appends tokens to sequences and gives the logits of what follows.</summary>
    /// <param name="ids">One token for each sequence that takes part, in their order.</param>
    /// <param name="takesPart">[S]: which sequences do.</param>
    /// <param name="logits">A row [V] for each token.</param>
    /// <exception cref="TensorException">A sequence would outgrow its capacity.</exception>
    public void Step(ReadOnlySpan<int> ids, ReadOnlySpan<bool> takesPart, Span<float> logits)
    {
        for (int sequence = 0; sequence < _counts.Length; sequence++)
        {
            _counts[sequence] = takesPart[sequence] ? 1 : 0;
        }

        Run(ids, logits);
    }

    /// <summary>Appends a token to every sequence and gives the logits [S, V] of what follows.</summary>
    /// <exception cref="TensorException">A sequence would outgrow its capacity.</exception>
    public void Step(ReadOnlySpan<int> ids, Span<float> logits)
    {
        Array.Fill(_counts, 1);
        Run(ids, logits);
    }

    /// <summary>Forgets what a sequence holds, so that another one can take its place.</summary>
    public void Clear(int sequence) => _cache.Truncate(sequence, 0);

    /// <summary>Replaces every sequence by a copy of the one that it continues: the beams of a search.</summary>
    /// <param name="parents">[S].</param>
    public void Reorder(ReadOnlySpan<int> parents) => _cache.Reorder(parents);

    /// <summary>Gives the memory of the cache back.</summary>
    public void Dispose() => _cache.Dispose();

    /// <summary>Reads tokens into the cache and, unless there is no room for them, gives the logits behind the last one of each sequence that has some.</summary>
    private void Run(ReadOnlySpan<int> ids, Span<float> logits)
    {
        Device device = _model.Device;
        using StepScope scope = device.Scope();
        using var pause = device.Tape.Pause();
        Tensor hidden = _model.Hidden(new ForwardPass(_cache.Append(ids, _counts)) { Cache = _cache });
        _cache.Commit();
        if (logits.IsEmpty)
        {
            return;
        }

        int rows = 0;
        int end = 0;
        foreach (int count in _counts)
        {
            end += count;
            if (count > 0)
            {
                _last[rows++] = end - 1;
            }
        }

        Tensor last = rows == ids.Length ? hidden
            : rows == 1 ? hidden.Narrow(0, end - 1, 1)
            : hidden.Embedding(device.From(_last.AsSpan(0, rows), [rows]));
        _model.Logits(last).CopyTo(logits);
    }
}
