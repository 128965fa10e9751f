using System.Text.Json;
using Attune.Data.Augmentation;
using Attune.Testing;

namespace Attune.Data.Tests.Augmentation;

/// <summary>Changes of texts with the decisions of the reference.</summary>
[Trait("Category", "Golden")]
public sealed class AugmentationGoldenTests
{
    private static JsonElement Root => JsonElement.Parse(File.ReadAllBytes(Goldens.Require("text", "data", "augmentation.json")));

    [Fact]
    public void Words_are_changed_as_the_reference_changes_them()
    {
        JsonElement root = Root;
        var synonyms = new Synonyms(root.GetProperty("synonyms").EnumerateObject().Select(word => KeyValuePair.Create<string, IReadOnlyList<string>>(word.Name, [.. word.Value.EnumerateArray().Select(other => other.GetString()!)])));
        Assert.All(root.GetProperty("cases").EnumerateArray(), item => Assert.Equal(item.GetProperty("out").GetString(), string.Join(' ', Change(item, synonyms))));
    }

    [Fact]
    public void Typos_are_made_as_the_reference_makes_them()
    {
        JsonElement typos = Root.GetProperty("typos");
        Dictionary<char, string> neighbours = typos.GetProperty("neighbours").EnumerateObject().ToDictionary(key => key.Name[0], key => key.Value.GetString()!);
        Assert.All(typos.GetProperty("cases").EnumerateArray(), item =>
        {
            IEnumerable<Typo> edits = item.GetProperty("edits").EnumerateArray().Select(edit => new Typo(Enum.Parse<TypoKind>(edit[0].GetString()!, ignoreCase: true), edit[1].GetInt32()));
            Assert.Equal(item.GetProperty("out").GetString(), TypoEdits.Apply(item.GetProperty("text").GetString()!, edits, neighbours));
        });
    }

    private static string[] Change(JsonElement item, Synonyms synonyms)
    {
        string[] words = item.GetProperty("text").GetString()!.Split(' ');
        switch (item.GetProperty("op").GetString())
        {
            case "random_deletion":
                double[] uniforms = [.. item.GetProperty("uniforms").EnumerateArray().Select(value => value.GetDouble())];
                return WordEdits.Delete(words, uniforms, item.GetProperty("p").GetDouble(), item.GetProperty("fallback_index").GetInt32());
            case "random_swap":
                return WordEdits.Swap(words, item.GetProperty("swaps").EnumerateArray().Select(pair => (pair[0].GetInt32(), pair[1].GetInt32())));
            case "synonym_replacement":
                return WordEdits.Replace(words, [.. item.GetProperty("choices").EnumerateArray().Select(Choice)], synonyms);
            case "random_insertion":
                return WordEdits.Insert(words, item.GetProperty("insertions").EnumerateArray().Select(insertion => (Choice(insertion), insertion[2].GetInt32())), synonyms);
            case var other:
                Assert.Skip($"operation {other} is not built");
                return [];
        }
    }

    private static SynonymChoice Choice(JsonElement choice) => new(choice[0].GetString()!, choice[1].GetInt32());
}
