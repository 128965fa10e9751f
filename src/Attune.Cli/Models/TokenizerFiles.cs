using System.Text.Json.Nodes;
using Attune.Formats;
using Attune.Text;

namespace Attune.Cli.Models;

/// <summary>Tokenizers between the two kinds of model files: loads either, writes Hugging Face's files.</summary>
internal static class TokenizerFiles
{
    private const string TokenizerName = "tokenizer.json";
    private const string ConfigName = "tokenizer_config.json";

    /// <summary>Files of a Hugging Face tokenizer that are copied with it.</summary>
    private static readonly string[] Copied =
        [.. HuggingFaceTokenizerSource.VocabularyNames, ConfigName, "special_tokens_map.json", "added_tokens.json", "merges.txt"];

    /// <summary>Loads a tokenizer.</summary>
    /// <exception cref="TextException">It is damaged or of an unknown kind.</exception>
    public static Tokenizer Load(TokenizerSource source, string nameForErrors) => source switch
    {
        HuggingFaceTokenizerSource files => TokenizerFolder.Load(files.Folder),
        GgufTokenizerSource gguf => GgufVocabulary.Build(Arrays(gguf), nameForErrors),
        _ => throw new UsageException($"{nameForErrors}: tokenizers of kind {source.GetType().Name} cannot be loaded"),
    };

    /// <summary>Writes a model's tokenizer into a Hugging Face folder: its own files, or what its GGUF metadata amounts to.</summary>
    public static void Write(ModelFile model, string folder)
    {
        switch (model.Tokenizer)
        {
            case HuggingFaceTokenizerSource source:
                foreach (string name in Copied.Where(name => File.Exists(Path.Combine(source.Folder, name))))
                {
                    AtomicFile.Copy(Path.Combine(source.Folder, name), Path.Combine(folder, name));
                }

                break;
            case GgufTokenizerSource source:
                AtomicFile.WriteAllText(Path.Combine(folder, TokenizerName), GgufVocabulary.WriteJson(Arrays(source), model.Path));
                AtomicFile.WriteAllText(Path.Combine(folder, ConfigName), Config(model, source));
                break;
        }
    }

    private static GgufVocabularySource Arrays(GgufTokenizerSource gguf) => new(gguf.Model, gguf.Tokens)
    {
        Pre = gguf.Pre,
        Merges = gguf.Merges ?? [],
        TokenTypes = gguf.TokenTypes,
        Scores = gguf.Scores,
        BeginId = gguf.BosTokenId,
        EndId = gguf.EosTokenId,
        PadId = gguf.PadTokenId,
        UnknownId = gguf.UnknownTokenId,
        SeparatorId = gguf.SeparatorTokenId,
        AddBegin = gguf.AddBosToken,
        AddEnd = gguf.AddEosToken,
        AddSpacePrefix = gguf.AddSpacePrefix ?? true,
        RemoveExtraWhitespace = gguf.RemoveExtraWhitespace ?? false,
        CharacterMap = gguf.CharacterMap,
    };

    private static string Config(ModelFile model, GgufTokenizerSource source)
    {
        var config = new JsonObject { ["tokenizer_class"] = "PreTrainedTokenizerFast" };
        Set("bos_token", source.BosToken);
        Set("eos_token", source.EosToken);
        Set("pad_token", source.PadToken);
        Set("unk_token", source.UnknownToken);
        Set("sep_token", source.SeparatorToken);
        Set("cls_token", source.SeparatorToken is null ? null : source.BosToken);
        Set("mask_token", source.MaskToken);
        Set("add_bos_token", source.AddBosToken);
        Set("add_eos_token", source.AddEosToken);
        Set("model_max_length", model.Config.FindPositive("max_position_embeddings"));
        return new ModelConfig(config).ToJson();

        void Set(string key, JsonNode? value)
        {
            if (value is not null)
            {
                config[key] = value;
            }
        }
    }
}
