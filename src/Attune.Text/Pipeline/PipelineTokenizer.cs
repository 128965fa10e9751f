using System.Buffers;
using System.Collections.Concurrent;
using System.Text.Json;
using Attune.Text.AddedTokens;
using Attune.Text.Decoders;
using Attune.Text.Models;
using Attune.Text.Normalizers;
using Attune.Text.PostProcessors;
using Attune.Text.PreTokenizers;
using Attune.Text.SentencePiece;

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

    /// <summary>Encodes texts that a model is to write; null where that is no other tokenizer.</summary>
    public Tokenizer? Targets { get; init; }

    /// <summary>What the file says about truncation and padding.</summary>
    public EncodeOptions SavedOptions { get; init; } = new();

    /// <summary>The members <c>truncation</c> and <c>padding</c> as they were read, for writing.</summary>
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
    public override EncodeOptions SavedOptions => parts.SavedOptions;

    /// <inheritdoc/>
    public override Tokenizer ForTargets => parts.Targets ?? this;

    /// <inheritdoc/>
    public override Encoding Encode(string text, bool addSpecialTokens = false) =>
        new(Finish([EncodeText(text, sequence: 0, word: null)], addSpecialTokens));

    /// <inheritdoc/>
    public override Encoding Encode(EncodeInput input, EncodeOptions options)
    {
        Draft[] texts = input.PairParts is { } pair ? [EncodeParts(input.Parts, 0), EncodeParts(pair, 1)] : [EncodeParts(input.Parts, 0)];
        if (options.Truncation is { } truncation)
        {
            Truncation.Apply(texts, truncation, options.AddSpecialTokens ? parts.PostProcessor?.CountAdded(input.IsPair) ?? 0 : 0);
        }

        Draft draft = Finish(texts, options.AddSpecialTokens);
        return new Encoding(options.Padding is { } padding ? Padding.Fill(draft, padding, Padding.LengthOf(padding, draft.Count)) : draft);

        Draft EncodeParts(IReadOnlyList<string> texts, int sequence) => input.IsWords
            ? Draft.Join([.. texts.Select((word, index) => EncodeText(word, sequence, index))])
            : EncodeText(texts[0], sequence, word: null);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<int[]> EncodeBest(string text, int count) =>
        (parts.Model is SentencePieceTextModel model && count is > 0 and <= MaxBest ? new EncodeState(parts).FindBest(model, text, count) : null) ?? base.EncodeBest(text, count);

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

    private Draft EncodeText(string text, int sequence, int? word)
    {
        if (!_states.TryTake(out EncodeState? state))
        {
            state = new EncodeState(parts);
        }

        Draft draft = state.Encode(text).ToDraft(sequence, word);
        if (state.HeldBytes <= MaxKeptBytes)
        {
            _states.Add(state);
        }

        return draft;
    }

    private Draft Finish(IReadOnlyList<Draft> texts, bool addSpecialTokens) =>
        Draft.Join(parts.PostProcessor is { } processor ? processor.Process(texts, this, addSpecialTokens) : texts);
}
