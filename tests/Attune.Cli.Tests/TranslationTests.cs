using System.Text.Json.Nodes;
using Attune.Testing;

namespace Attune.Cli.Tests;

/// <summary>Folders of Marian models, which have a SentencePiece model for each language and no tokenizer.json.</summary>
public class TranslationTests
{
    private const int EndId = 2;
    private const int PaddingId = 95;

    [Fact]
    [Trait("Category", "Golden")]
    public void A_Marian_folder_is_trained_evaluated_and_asked_as_it_is()
    {
        using var folder = new TemporaryFolder();
        string model = Write(folder["model"]);
        string data = folder.Write("rows.jsonl", string.Concat(Enumerable.Range(0, 8).Select(i => $$"""{"source": "ab {{i}}", "target": "{{i}} ba"}""" + "\n")));
        string run = folder["run"];
        Tool.Run("train", "--task", "seq2seq", "--model", model, "--data", data, "--max-steps", "2", "--method", "full", "--dtype", "fp32", "--threads", "1", "--output", run).Succeeded();
        Assert.All(["source.spm", "target.spm", "vocab.json"], name => Assert.Equal(File.ReadAllBytes(Path.Combine(model, name)), File.ReadAllBytes(Path.Combine(run, name))));

        Assert.Equal(8, (int)Tool.Run("evaluate", "--task", "seq2seq", "--model", run, "--data", data, "--dtype", "fp32", "--max-new-tokens", "4", "--json").Succeeded().Json["rows"]!);
        Tool.Run("predict", "--task", "seq2seq", "--model", run, "--data", data, "--output", folder["out.jsonl"], "--dtype", "fp32", "--max-new-tokens", "4").Succeeded();
        Assert.Equal(8, File.ReadAllLines(folder["out.jsonl"]).Length);

        JsonObject inspected = Tool.Run("tokenizer", "inspect", model, "--text", "ab 1", "--add-special-tokens", "--json").Succeeded().Json;
        Assert.Equal("vocab.json, source.spm, target.spm", (string?)inspected["kind"]);
        Assert.Equal(["\u2581ab", "\u2581", "1", "</s>"], inspected["tokens"]!.AsArray().Select(token => (string)token!["token"]!));
    }

    private static string Write(string folder)
    {
        Directory.CreateDirectory(folder);
        string golden = Goldens.Require("families", "seq2seq", "marian");
        File.Copy(Path.Combine(golden, "config.json"), Path.Combine(folder, "config.json"));
        File.Copy(Path.Combine(golden, "model.safetensors"), Path.Combine(folder, "model.safetensors"));
        string[] characters = ["\u2581", "a", "b", .. Enumerable.Range(0, 10).Select(i => $"{i}")];
        File.WriteAllBytes(Path.Combine(folder, "source.spm"), SmallSentencePiece.Model(1, [("<unk>", 0, 2), ("\u2581ab", -1, 1), .. characters.Select(text => (text, -3f, 1))], removesBlanks: true));
        File.WriteAllBytes(Path.Combine(folder, "target.spm"), SmallSentencePiece.Model(1, [("<unk>", 0, 2), ("\u2581ba", -1, 1), .. characters.Select(text => (text, -3f, 1))], removesBlanks: true));
        var vocabulary = new JsonObject { ["</s>"] = EndId, ["<unk>"] = 1, ["<pad>"] = PaddingId };
        foreach (string token in (string[])["\u2581ab", "\u2581ba", .. characters])
        {
            vocabulary[token] = vocabulary.Count;
        }

        File.WriteAllText(Path.Combine(folder, "vocab.json"), vocabulary.ToJsonString());
        File.WriteAllText(Path.Combine(folder, "tokenizer_config.json"), """{"source_lang": "eng", "target_lang": "deu", "model_max_length": 40}""");
        return folder;
    }
}
