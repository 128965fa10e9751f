using System.Text.Json;
using Attune.Text.AddedTokens;
using Attune.Text.Json;
using Attune.Text.Models;
using Attune.Text.Pipeline;
using Attune.Text.PostProcessors;
using Attune.Text.SentencePiece;

namespace Attune.Text.Files;

/// <summary>Folders of Marian's translation models: a SentencePiece model cuts each language, and <c>vocab.json</c> gives the pieces their ids.</summary>
/// <remarks>Source: transformers, tokenization_marian.py. Languages such as <c>&gt;&gt;fra&lt;&lt;</c> are tokens wherever they stand; there they are at the start of a text only.</remarks>
internal static class MarianFolder
{
    private const string End = "</s>";
    private const string Unknown = "<unk>";

    /// <summary>Loads the tokenizer of the source language, with that of the target language for texts to be written.</summary>
    public static Tokenizer Load(string folder, TokenizerConfig config)
    {
        bool isSeparate = config.Boolean("separate_vocabs") == true;
        TokenTable source = ReadVocabulary(folder, "vocab.json", config);
        TokenTable target = isSeparate ? ReadVocabulary(folder, "target_vocab.json", config) : source;
        TokenizerParts written = Build(folder, "target.spm", target, config, knowsLanguages: !isSeparate);
        return new PipelineTokenizer(Build(folder, "source.spm", source, config, knowsLanguages: !isSeparate) with { Targets = new PipelineTokenizer(written) });
    }

    private static TokenTable ReadVocabulary(string folder, string name, TokenizerConfig config)
    {
        byte[] content = VocabularyFile.Read(folder, name, out string path);
        using JsonDocument document = TokenizerJson.ParseDocument(content, path);
        var vocabulary = new TokenTable(JsonView.Root(document, path).AsVocabulary(), path);
        string unknown = config.Token("unk_token", Unknown)!;
        return vocabulary.Find(unknown) >= 0 ? vocabulary : throw new TextException($"{path}: expected the unknown token '{unknown}', found none; say in tokenizer_config.json what it is called there");
    }

    private static TokenizerParts Build(string folder, string name, TokenTable vocabulary, TokenizerConfig config, bool knowsLanguages)
    {
        byte[] content = VocabularyFile.Read(folder, name, out string path);
        SentencePieceFile file = SentencePieceFile.Parse(content, path);
        var pieces = new SentencePieceVocabulary(file.Pieces, file.ByteFallback, path);
        var added = new AddedTokenList(config, vocabulary, path);
        string end = config.Token("eos_token", End)!;
        added.AddRole("eos_token", End);
        added.AddRole("unk_token", Unknown);
        added.AddRole("pad_token", "<pad>");
        string[] special = [.. added.Contents];
        for (int id = 0; knowsLanguages && id < vocabulary.Size; id++)
        {
            if (vocabulary[id].StartsWith(">>"u8) && vocabulary[id].EndsWith("<<"u8))
            {
                added.Put(new AddedToken(id, vocabulary.ToText(id)!));
            }
        }

        return new TokenizerParts(
            new MappedSentencePieceModel(new SentencePieceTextModel(pieces, SentencePieceModel.SegmenterOf(file, pieces, path)), pieces, vocabulary, added.IdOf(config.Token("unk_token", Unknown)!)),
            added.Build(normalizer: null))
        {
            Normalizer = new SentencePieceNormalizer(file, pieces.UserDefined, path),
            PostProcessor = TextTemplate.OfWhole([], [end]).Build(added.IdOf, path),
            Decoder = new MarianDecoder(new SentencePieceDecoder(file, file.Pieces[pieces.UnknownId].Text, pieces.Bytes), special),
        };
    }
}
