using System.Text.Json;
using System.Text.RegularExpressions;
using Attune.Data.Rows;
using Attune.Testing;

namespace Attune.Data.Tests.Formats;

[Trait("Category", "Golden")]
public sealed partial class JsonLinesGoldenTests
{
    public static TheoryData<string> Cases => GoldenCases.Files("text/data/jsonl");

    [Theory]
    [MemberData(nameof(Cases))]
    public void Lines_are_read_or_refused_as_recorded(string file)
    {
        string path = Goldens.Require("text", "data", "jsonl", file);
        JsonElement lines = GoldenCases.Case("text/data/jsonl", file).GetProperty("lines");
        List<DataRow> rows = DataFiles.Rows(new DataFile(path));
        Assert.Equal(lines.GetArrayLength(), rows.Count);
        foreach ((JsonElement expected, DataRow row) in lines.EnumerateArray().Zip(rows))
        {
            Assert.Equal(expected.GetProperty("line").GetInt64(), row.Line);
            Assert.True(expected.GetProperty("ok").GetBoolean() == (row.Error is null), $"line {row.Line}: {row.Error?.Message}");
            if (row.Error is not null)
            {
                Assert.Equal(row.Line, row.Error.Line);
                if (expected.TryGetProperty("byte", out JsonElement at))
                {
                    Assert.Contains($"byte {at.GetInt32()} ", row.Error.Message, StringComparison.Ordinal);
                }
            }
            else
            {
                AssertValue(expected, row.Value);
            }
        }
    }

    private static void AssertValue(JsonElement expected, JsonElement value)
    {
        if (expected.TryGetProperty("value_ascii_json", out JsonElement ascii))
        {
            Assert.Equal(Blanks().Replace(ascii.GetString()!, string.Empty), value.GetRawText());
        }
        else if (expected.TryGetProperty("characters", out JsonElement characters))
        {
            // Counted with the blank that Python writes after the colon.
            Assert.Equal(characters.GetInt32(), value.GetRawText().Replace(":", ": ", StringComparison.Ordinal).Length);
        }
        else if (expected.TryGetProperty("duplicate_keys", out _))
        {
            JsonProperty only = expected.GetProperty("value").EnumerateObject().Single();
            Assert.True(JsonElement.DeepEquals(only.Value, value.GetProperty(only.Name)));
        }
        else if (expected.GetProperty("value") is { ValueKind: JsonValueKind.String } big && value.ValueKind != JsonValueKind.String)
        {
            // Numbers that Python's float or JavaScript cannot hold: the recorded value is the text, or a remark.
            string text = Blanks().Replace(big.GetString()!, string.Empty);
            Assert.Equal(text.StartsWith('{') ? text : "{\"a\":1e400}", value.GetRawText());
        }
        else
        {
            // 0.1 in the file has more digits than a double: compare what a double makes of both.
            JsonElement other = expected.GetProperty("value");
            bool equal = JsonElement.DeepEquals(other, value)
                || (other.TryGetProperty("a", out JsonElement a) && a.GetDouble() == value.GetProperty("a").GetDouble());
            Assert.True(equal, value.GetRawText());
        }
    }

    [GeneratedRegex(" ")]
    private static partial Regex Blanks();
}
