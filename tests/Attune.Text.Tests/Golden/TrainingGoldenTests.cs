using System.Text.Json.Nodes;
using Attune.Testing;
using Attune.Text.Training;

namespace Attune.Text.Tests.Golden;

[Trait("Category", "Golden")]
public class TrainingGoldenTests
{
    public static TheoryData<string> Trained => Goldens.Folders(TextGoldens.Tokenizers + "/trained");

    [Theory]
    [MemberData(nameof(Trained))]
    public void Trains_the_vocabulary_of_the_reference(string name)
    {
        string folder = Goldens.Require(TextGoldens.Tokenizers, "trained", name);
        JsonNode training = JsonNode.Parse(TextGoldens.Read(Path.Combine(folder, "training.json")))!;
        Tokenizer expected = TextGoldens.Load(Path.Combine(folder, "tokenizer.json"));
        TrainerOptions? options = ReadOptions((string)training["kind"]!, training["trainer"]!);
        Assert.SkipWhen(options is null, $"trainers of kind '{training["kind"]}' are not built yet");
        string[] lines = [.. ReadCorpus((string)training["corpus"]!)];
        Assert.Equal((int)training["lines"]!, lines.Length);

        Tokenizer trained = TokenizerTrainer.Train(expected, lines, options!);
        if (options is UnigramTrainerOptions)
        {
            CheckUnigram(Model(expected)["vocab"]!.AsArray(), Model(trained)["vocab"]!.AsArray());
            return;
        }

        Assert.Equal(expected.VocabularySize, trained.VocabularySize);
        for (int id = 0; id < expected.VocabularySize; id++)
        {
            Assert.True(expected.IdToToken(id) == trained.IdToToken(id), $"token {id}: '{expected.IdToToken(id)}' expected, '{trained.IdToToken(id)}' found");
        }

        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(TokenizerJson.Write(expected)), JsonNode.Parse(TokenizerJson.Write(trained))), "the written tokenizer differs");
    }

    private static JsonNode Model(Tokenizer tokenizer) => JsonNode.Parse(TokenizerJson.Write(tokenizer))!["model"]!;

    private static void CheckUnigram(JsonArray expected, JsonArray trained)
    {
        Assert.Equal(expected.Count, trained.Count);
        Dictionary<string, double> scores = expected.ToDictionary(piece => (string)piece![0]!, piece => (double)piece![1]!);
        (string Token, double Score)[] common = [.. trained.Select(piece => ((string)piece![0]!, (double)piece[1]!)).Where(piece => scores.ContainsKey(piece.Item1))];
        Assert.True(common.Length >= 0.98 * expected.Count, $"{common.Length} of {expected.Count} tokens are those of the reference");
        Assert.All(common, piece => Assert.True(Math.Abs(scores[piece.Token] - piece.Score) < 1e-2, $"score of '{piece.Token}': {scores[piece.Token]} expected, {piece.Score} found"));
    }

    private static IEnumerable<string> ReadCorpus(string name)
    {
        string folder = Goldens.RequireData(name.Split('_')[0] == "tiny" ? "tiny_shakespeare" : "wikitext2");
        string path = Directory.EnumerateFiles(folder).Single(file => name == "tiny_shakespeare" ? file.Contains("input", StringComparison.Ordinal) : file.Contains("valid", StringComparison.Ordinal));
        string text = System.Text.Encoding.UTF8.GetString(TextGoldens.Read(path));
        for (int start = 0; start < text.Length;)
        {
            int end = text.IndexOf('\n', start) + 1;
            end = end == 0 ? text.Length : end;
            yield return text[start..end];
            start = end;
        }
    }

    private static TrainerOptions? ReadOptions(string kind, JsonNode json)
    {
        int size = (int)json["vocab_size"]!;
        string[] special = [.. json["special_tokens"]!.AsArray().Select(token => (string)token!)];
        return kind.Split('_')[0] switch
        {
            "bbpe" or "bpe" or "spbpe" => new BpeTrainerOptions
            {
                VocabularySize = size,
                SpecialTokens = special,
                MinFrequency = (int?)json["min_frequency"] ?? 0,
                MaxTokenLength = (int?)json["max_token_length"],
                LimitAlphabet = (int?)json["limit_alphabet"],
            },
            "wordpiece" => new WordPieceTrainerOptions { VocabularySize = size, SpecialTokens = special },
            "wordlevel" => new WordLevelTrainerOptions { VocabularySize = size, SpecialTokens = special },
            "unigram" => new UnigramTrainerOptions { VocabularySize = size, SpecialTokens = special },
            _ => null,
        };
    }
}
