using System.IO.Compression;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Attune.Data.Rows;
using Attune.Testing;

namespace Attune.Data.Tests.Formats;

/// <summary>Parquet and Arrow files of pyarrow and others, row by row.</summary>
[Trait("Category", "Golden")]
public sealed class ColumnGoldenTests
{
    private const string Parquet = "text/data/parquet";
    private const string Arrow = "text/data/arrow";

    public static TheoryData<string> ParquetCases() => Files(Parquet, root => root);

    public static TheoryData<string> ArrowCases() => Files(Arrow, root => root.GetProperty("cases"));

    [Theory]
    [MemberData(nameof(ParquetCases))]
    public void Parquet_files_of_pyarrow_have_the_expected_rows(string name)
    {
        string file = Goldens.Require(Parquet, name);
        JsonElement item = Root(Parquet).EnumerateArray().Single(entry => entry.GetProperty("file").GetString() == name);
        List<DataRow> rows = DataFiles.Rows(new DataFile(file));
        Assert.Equal(item.GetProperty("rows").GetInt32(), rows.Count);
        if (item.GetProperty("expected").GetString() is { } expected)
        {
            AssertRows(Lines(Path.Combine(Path.GetDirectoryName(file)!, expected)), rows, Columns(item), name == "int96.parquet" ? Nanoseconds : static (_, value) => value);
        }
    }

    [Theory]
    [MemberData(nameof(ArrowCases))]
    public void Arrow_files_have_the_expected_rows(string name)
    {
        string file = Goldens.Require(Arrow, name);
        JsonElement item = Root(Arrow).GetProperty("cases").EnumerateArray().Single(entry => entry.GetProperty("file").GetString() == name);
        List<DataRow> rows = DataFiles.Rows(new DataFile(file));
        Assert.Equal(item.GetProperty("rows").GetInt32(), rows.Count);
        if (item.TryGetProperty("values", out JsonElement values))
        {
            Assert.Equal(
                values.EnumerateArray().Select(value => value.GetString()),
                rows.Select(row => row.Value.EnumerateObject().Single().Value.GetString()));
        }
        else if (rows.Count > 0)
        {
            AssertRows(Lines(Goldens.Require(Parquet, "table.expected.jsonl")), rows, Columns(item), static (_, value) => value);
        }
    }

    [Theory]
    [InlineData("train")]
    [InlineData("test")]
    public void Folders_of_datasets_have_the_expected_rows(string split)
    {
        string folder = Goldens.Require("text/data/datasets_folder", split);
        List<DataRow> rows = [.. DataFile.At(folder).SelectMany(file => DataFiles.Rows(file))];
        List<JsonNode> expected = Lines(Goldens.Require($"text/data/datasets_folder.{split}.expected.jsonl"));
        AssertRows(expected, rows, null, static (_, value) => value);
    }

    [Fact]
    public void A_folder_of_several_splits_has_to_be_told_which()
    {
        string folder = Goldens.Require("text/data/datasets_folder");
        Assert.Contains("train, test", Assert.Throws<DataException>(() => DataFile.At(folder)).Message);
    }

    private static JsonNode? Nanoseconds(string column, JsonNode? value) => value is null ? null : column switch
    {
        "at_ms" => JsonNode.Parse(((Int128)value.GetValue<long>() * 1_000_000).ToString()),
        "at_us_utc" => JsonNode.Parse(((Int128)value.GetValue<long>() * 1_000).ToString()),
        _ => value,
    };

    private static void AssertRows(List<JsonNode> expected, List<DataRow> rows, string[]? columns, Func<string, JsonNode?, JsonNode?> change)
    {
        Assert.Equal(expected.Count, rows.Count);
        for (int i = 0; i < rows.Count; i++)
        {
            Assert.Null(rows[i].Error);
            JsonObject wanted = expected[i].AsObject();
            Assert.Equal(columns ?? wanted.Select(pair => pair.Key), rows[i].Value.EnumerateObject().Select(property => property.Name));
            foreach (JsonProperty property in rows[i].Value.EnumerateObject())
            {
                JsonNode? value = change(property.Name, wanted[property.Name]);
                string text = value is null ? "null" : Normal(value).ToJsonString();
                Assert.True(
                    JsonElement.DeepEquals(JsonElement.Parse(text), property.Value), $"row {i}, column {property.Name}: expected {text}, found {property.Value.GetRawText()}");
            }
        }
    }

    /// <summary>Bytes are objects in the expected rows, and texts in ours.</summary>
    private static JsonNode Normal(JsonNode node) => node switch
    {
        JsonObject { Count: 1 } bytes when bytes["b64"] is { } text => text.DeepClone(),
        JsonObject parts => new JsonObject(parts.Select(part => KeyValuePair.Create(part.Key, part.Value is null ? null : Normal(part.Value)))),
        JsonArray items => new JsonArray([.. items.Select(item => item is null ? null : Normal(item))]),
        _ => node.DeepClone(),
    };

    private static string[]? Columns(JsonElement item) =>
        item.TryGetProperty("columns", out JsonElement columns) && columns.ValueKind == JsonValueKind.Array ? [.. columns.EnumerateArray().Select(column => column.GetString()!)] : null;

    private static List<JsonNode> Lines(string path)
    {
        using Stream file = File.OpenRead(path);
        using Stream stream = path.EndsWith(".gz", StringComparison.Ordinal) ? new GZipStream(file, CompressionMode.Decompress) : file;
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return [.. reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonNode.Parse(line)!)];
    }

    private static JsonElement Root(string folder) => JsonElement.Parse(File.ReadAllBytes(Goldens.Require(folder, "cases.json")));

    private static TheoryData<string> Files(string folder, Func<JsonElement, JsonElement> cases)
    {
        var rows = new TheoryData<string>();
        if (!File.Exists(Path.Combine(Goldens.Root, folder, "cases.json")))
        {
            rows.Add(Goldens.None);
            return rows;
        }

        foreach (JsonElement item in cases(Root(folder)).EnumerateArray())
        {
            rows.Add(item.GetProperty("file").GetString()!);
        }

        return rows;
    }
}
