using System.Buffers;
using System.Collections.Concurrent;
using System.Text.Json;
using Attune.Text.AddedTokens;
using Attune.Text.Decoders;
using Attune.Text.Models;
using Attune.Text.Normalizers;
using Attune.Text.PostProcessors;
using Attune.Text.PreTokenizers;

namespace Attune.Text.Pipeline;

/// <summary>The parts of a tokenizer, as tokenizer.json lays them out.</summary>
internal sealed record TokenizerParts(ITokenizerModel Model, AddedVocabulary Added)
{
    /// <summary>Changes the text first.</summary>
    public INormalizer? Normalizer { get; init; }

    /// <summary>Cuts the text.</summary>
    public IPreTokenizer? PreTokenizer { get; init; }

    /// <summary>Finishes encodings.</summary>
    public IPostProcessor? PostProcessor { get; init; }

    /// <summary>Turns tokens into text; without one they are joined with blanks.</summary>
    public IDecoder? Decoder { get; init; }

    /// <summary>The members <c>truncation</c> and <c>padding</c> as they were read: a caller's matter, only kept for writing.</summary>
    public IReadOnlyDictionary<string, JsonElement> Kept { get; init; } = new Dictionary<string, JsonElement>();
}

/// <summary>A tokenizer laid out as in Hugging Face tokenizers: normaliser, added tokens, pre-tokenizer, model, post-processor, decoder.</summary>
internal sealed class PipelineTokenizer(TokenizerParts parts) : Tokenizer, IVocabulary
{
    // Buffers of very long texts are not kept; the model's session holds several times as much again.
    private const long MaxKeptBytes = 4 << 20;

    private readonly ConcurrentBag<EncodeState> _states = [];

    /// <summary>The parts.</summary>
    public TokenizerParts Parts => parts;

    /// <inheritdoc/>
    public override int VocabularySize { get; } = Math.Max(parts.Model.Vocabulary.Size, parts.Added.Size);

    /// <inheritdoc/>
    public override Encoding Encode(string text, bool addSpecialTokens = false)
    {
        if (!_states.TryTake(out EncodeState? state))
        {
            state = new EncodeState(parts);
        }

        TokenList tokens = state.Encode(text);
        parts.PostProcessor?.Process(tokens, this, addSpecialTokens);
        var offsets = new (int, int)[tokens.Count];
        for (int i = 0; i < offsets.Length; i++)
        {
            offsets[i] = (tokens.Starts[i], tokens.Ends[i]);
        }

        var encoding = new Encoding(tokens.Ids.ToArray(), offsets);
        if (state.HeldBytes <= MaxKeptBytes)
        {
            _states.Add(state);
        }

        return encoding;
    }

    /// <inheritdoc/>
    public override string Decode(ReadOnlySpan<int> ids, bool skipSpecialTokens = false)
    {
        if (parts.Decoder is ByteLevelDecoder)
        {
            var bytes = new ArrayBufferWriter<byte>(Math.Max(16, 4 * ids.Length));
            foreach (int id in ids)
            {
                if (!(skipSpecialTokens && parts.Added.IsSkipped(id)))
                {
                    ByteLevelDecoder.Append(Token(id), bytes);
                }
            }

            return System.Text.Encoding.UTF8.GetString(bytes.WrittenSpan);
        }

        var tokens = new List<string>(ids.Length);
        foreach (int id in ids)
        {
            if ((parts.Model.Vocabulary.Has(id) || parts.Added.Find(id) is not null) && !(skipSpecialTokens && parts.Added.IsSkipped(id)))
            {
                tokens.Add(System.Text.Encoding.UTF8.GetString(Token(id)));
            }
        }

        if (parts.Decoder is null)
        {
            return string.Join(' ', tokens);
        }

        parts.Decoder.Decode(tokens);
        return string.Concat(tokens);
    }

    /// <inheritdoc/>
    public override int? TokenToId(string token)
    {
        if (parts.Added.Find(token) is { } added)
        {
            return added.Id;
        }

        int id = parts.Model.Vocabulary.Find(token);
        return id >= 0 ? id : null;
    }

    /// <inheritdoc/>
    public override string? IdToToken(int id) => parts.Added.Find(id)?.Content ?? parts.Model.Vocabulary.ToText(id);

    /// <inheritdoc/>
    public override bool IsSpecial(int id) => parts.Added.Find(id) is { Special: true };

    /// <inheritdoc/>
    public ReadOnlySpan<byte> Token(int id) => parts.Added.TryGetSpelling(id, out ReadOnlySpan<byte> spelling) ? spelling : parts.Model.Vocabulary[id];
}
