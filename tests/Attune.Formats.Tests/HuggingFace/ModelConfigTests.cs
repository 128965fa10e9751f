using System.Text;
using Attune.Tensors;

namespace Attune.Formats.Tests.HuggingFace;

public class ModelConfigTests
{
    [Fact]
    public void Errors_name_file_key_expected_and_found()
    {
        ModelConfig config = Parse("""{"hidden_size": "abc", "heads": 0, "rope_scaling": {"factor": []}, "eos_token_id": [1, "x"], "null": null, "n": [{"a": 1}, 2]}""");
        Assert.Equal("file: config.json, key 'hidden_size': expected a positive integer, found \"abc\"", Message(() => config.GetPositive("hidden_size")));
        Assert.Equal("file: config.json, key 'heads': expected a positive integer, found 0", Message(() => config.GetPositive("heads", 3)));
        Assert.Equal("file: config.json, key 'absent': expected a number, found nothing", Message(() => config.GetDouble("absent")));
        Assert.Equal("file: config.json, key 'rope_scaling.factor': expected a number, found []", Message(() => config.FindSection("rope_scaling")!.GetDouble("factor")));
        Assert.Contains("eos_token_id", Message(() => config.EosTokenIds.Count));
        Assert.Contains("expected an object", Message(() => config.FindSection("heads")));
        Assert.Contains("list of objects", Message(() => config.FindSections("n")));
        Assert.Contains("expected true or false", Message(() => config.GetBoolean("heads", true)));
        Assert.Contains("expected a text", Message(() => config.GetString("heads")));
        Assert.False(config.Has("null"));
        Assert.Null(config.FindInt32("null"));
    }

    [Theory]
    [InlineData("""{"rope_parameters": {"rope_type": "linear", "factor": 2, "rope_theta": 500}}""")]
    [InlineData("""{"rope_theta": 500.0, "rope_scaling": {"type": "linear", "factor": 2.0}}""")]
    [InlineData("""{"rope_theta": 500.0, "rope_scaling": {"rope_type": "linear", "factor": 2.0}}""")]
    public void Both_spellings_of_the_rotary_parameters_read_alike(string json)
    {
        ModelConfig rope = Parse(json).Rope();
        Assert.Equal(("linear", 2.0, 500.0), (rope.GetString("rope_type"), rope.GetDouble("factor"), rope.GetDouble("rope_theta")));
    }

    [Fact]
    public void Rotary_parameters_have_defaults_and_kinds_of_layers()
    {
        ModelConfig rope = Parse("""{"rope_scaling": null}""").Rope(1_000_000);
        Assert.Equal(("default", 1_000_000.0), (rope.GetString("rope_type"), rope.GetDouble("rope_theta")));
        ModelConfig layered = Parse("""{"rope_parameters": {"full_attention": {"rope_type": "linear", "factor": 8, "rope_theta": 1}, "sliding_attention": {"rope_type": "default", "rope_theta": 2}}}""");
        Assert.Equal("linear", layered.Rope(layerType: "full_attention").GetString("rope_type"));
        Assert.Equal(2, layered.Rope(layerType: "sliding_attention").GetDouble("rope_theta"));
        Assert.Contains("other", Message(() => layered.Rope(layerType: "other")));
    }

    [Theory]
    [InlineData("""{"dtype": "bfloat16"}""", DType.BF16)]
    [InlineData("""{"torch_dtype": "float16"}""", DType.F16)]
    [InlineData("""{"torch_dtype": "auto"}""", null)]
    [InlineData("{}", null)]
    public void Both_spellings_of_the_element_type_read_alike(string json, DType? expected) => Assert.Equal(expected, Parse(json).DType);

    [Fact]
    public void End_ids_are_one_or_many()
    {
        Assert.Equal([2], Parse("""{"eos_token_id": 2}""").EosTokenIds);
        Assert.Equal([2, 3], Parse("""{"eos_token_id": [2, 3]}""").EosTokenIds);
        Assert.Empty(Parse("""{"eos_token_id": null}""").EosTokenIds);
    }

    [Fact]
    public void Reads_the_numbers_that_Python_writes_and_JSON_lacks()
    {
        ModelConfig config = Parse("""{"a": [0.0, Infinity], "b": -Infinity, "c": NaN, "d": "Infinity \" NaN", "e": {"__float__": "Infinity"}}""");
        Assert.Equal([0, double.PositiveInfinity], config.FindDoubles("a")!);
        Assert.Equal(double.NegativeInfinity, config.GetDouble("b"));
        Assert.False(config.Has("c"));
        Assert.Equal("Infinity \" NaN", config.GetString("d"));
        Assert.Equal(double.PositiveInfinity, config.GetDouble("e"));
    }

    [Fact]
    public void Writes_sorted_keys_as_Python_does()
    {
        ModelConfig config = Parse("""{"b": {"z": 1e-05, "a": [1, 2]}, "a": "é<"}""").With("c", null).With("aa", true);
        Assert.Equal("{\n  \"a\": \"é<\",\n  \"aa\": true,\n  \"b\": {\n    \"a\": [\n      1,\n      2\n    ],\n    \"z\": 1e-05\n  }\n}\n", config.ToJson());
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("{")]
    [InlineData("")]
    [InlineData("""{"a": 1, "a": 2}""")]
    [InlineData("{} {}")]
    public void Refuses_what_is_no_object(string json) => Assert.Contains("config.json", Message(() => Parse(json)));

    private static ModelConfig Parse(string json) => ModelConfig.Parse(Encoding.UTF8.GetBytes(json), "config.json");

    private static string Message(Func<object?> action) => Assert.Throws<ModelFileException>(action).Message;
}
