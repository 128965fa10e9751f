using System.Text.Json.Nodes;
using Attune.Data.Rows;
using Attune.Data.Shapes;

namespace Attune.Data.Tests.Shapes;

public sealed class RowShapeTests
{
    [Theory]
    [InlineData("""{"text": "a", "label": 1}""", "text")]
    [InlineData("""{"content": "a", "tags": []}""", "text")]
    [InlineData("""{"prompt": "a", "completion": "b", "text": "c"}""", "prompt_completion")]
    [InlineData("""{"prompt": "a", "response": "b"}""", "prompt_completion")]
    [InlineData("""{"prompt": [{"role": "user", "content": "a"}], "completion": [{"role": "assistant", "content": "b"}]}""", "prompt_completion")]
    [InlineData("""{"instruction": "a", "input": "", "output": "b"}""", "alpaca")]
    [InlineData("""{"messages": [{"role": "user", "content": "a"}]}""", "messages")]
    [InlineData("""{"conversations": [{"role": "user", "content": "a"}]}""", "messages")]
    [InlineData("""{"conversations": [{"from": "human", "value": "a"}]}""", "sharegpt")]
    [InlineData("""{"messages": [{"from": "human", "value": "a"}], "text": "x"}""", "sharegpt")]
    public void Shapes_are_recognised_from_the_columns(string row, string key)
    {
        Assert.Equal(key, KnownRowShapes.Of(Rows(row), new ColumnOptions()).Key);
    }

    [Fact]
    public void The_shape_is_that_of_most_of_the_first_rows_and_columns_that_fit_none_are_listed()
    {
        Assert.Equal("text", KnownRowShapes.Of(Rows("""{"prompt": "a", "completion": "b", "text": "c"}""", """{"text": "c"}"""), new ColumnOptions()).Key);
        var error = Assert.Throws<DataException>(() => KnownRowShapes.Of(Rows("""{"dialogue": "a", "summary": "b"}"""), new ColumnOptions()));
        Assert.Contains("a.jsonl, line 1: the rows have no shape that is known. Columns found: dialogue (text), summary (text). Shapes:", error.Message, StringComparison.Ordinal);
        Assert.Contains("expected an object with columns, found an array", Assert.Throws<DataException>(() => KnownRowShapes.Of(Rows("[1]"), new ColumnOptions())).Message, StringComparison.Ordinal);
        Assert.Contains("shape 'x' is not known; there are messages, sharegpt", Assert.Throws<DataException>(() => KnownRowShapes.Of([], new ColumnOptions { Shape = "x" })).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"prompt;completion": "a;b"}""", "Are fields separated by ';'? Then say delimiter: ';'.")]
    [InlineData("""{"prompt\tcompletion": "a\tb"}""", "Are fields separated by tabs? Then say format: tsv.")]
    [InlineData("""{"prompt": 1, "completion": null}""", "Columns found: prompt (a number), completion (null). Shapes:")]
    public void Columns_that_fit_no_shape_say_why(string row, string reason)
    {
        Assert.Contains(reason, Assert.Throws<DataException>(() => KnownRowShapes.Of(Rows(row), new ColumnOptions())).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Mapped_columns_choose_the_shape()
    {
        const string Row = """{"text": "t", "dialogue": "a", "summary": "b", "chat": [{"from": "gpt", "value": "c"}]}""";
        Assert.Equal(new CompletionExample("a", "b"), Read(Row, new ColumnOptions { PromptColumn = "dialogue", CompletionColumn = "summary" }));
        Assert.Equal(new TextExample("b"), Read(Row, new ColumnOptions { TextColumn = "summary" }));
        Assert.Equal("a\nt", Assert.IsType<CompletionExample>(Read(Row, new ColumnOptions { InstructionColumn = "dialogue", InputColumn = "text", OutputColumn = "summary" })).Prompt);
        Assert.IsType<ChatExample>(Read(Row, new ColumnOptions { MessagesColumn = "chat" }));
        Assert.Contains("column 'nothing': expected text, found nothing", Error(Row, new ColumnOptions { TextColumn = "nothing" }), StringComparison.Ordinal);
    }

    [Fact]
    public void Alpaca_leaves_out_an_empty_input()
    {
        Assert.Equal(
            new CompletionExample("Add.\n1 2", "3") { PlainPrompt = "### Instruction:\nAdd.\n\n### Input:\n1 2\n\n### Response:\n", System = "Be brief." },
            Read("""{"instruction": "Add.", "input": "1 2", "output": "3", "system": "Be brief."}"""));
        Assert.Equal(
            new CompletionExample("Hi.", "Yo.") { PlainPrompt = "### Instruction:\nHi.\n\n### Response:\n" },
            Read("""{"instruction": "Hi.", "input": null, "output": "Yo."}"""));
    }

    [Fact]
    public void Messages_carry_tool_calls_and_join_text_parts()
    {
        var chat = Assert.IsType<ChatExample>(Read("""
            {"messages": [
              {"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}], "name": null},
              {"role": "assistant", "content": null, "tool_calls": [{"id": "1", "type": "function", "function": {"name": "f", "arguments": "{\"x\": 1}"}}]},
              {"role": "tool", "content": "7", "tool_call_id": "1"},
              {"role": "assistant", "content": "no", "weight": 0},
              {"role": "assistant", "content": "yes", "weight": 1}
            ], "tools": "[{\"type\": \"function\"}]", "system": "S"}
            """.ReplaceLineEndings(" ")));
        Assert.Equal([false, false, true, false, false, true], chat.IsTrained);
        JsonNode expected = JsonNode.Parse("""
            [{"role": "system", "content": "S"},
             {"role": "user", "content": "ab"},
             {"role": "assistant", "content": null, "tool_calls": [{"id": "1", "type": "function", "function": {"name": "f", "arguments": {"x": 1}}}]},
             {"role": "tool", "content": "7", "tool_call_id": "1"},
             {"role": "assistant", "content": "no"},
             {"role": "assistant", "content": "yes"}]
            """)!;
        Assert.True(JsonNode.DeepEquals(expected, chat.Messages), chat.Messages.ToJsonString());
        Assert.Equal("""[{"type":"function"}]""", chat.Tools!.ToJsonString());
    }

    [Fact]
    public void ShareGpt_turns_become_messages()
    {
        var chat = Assert.IsType<ChatExample>(Read(
            """{"conversations": [{"from": "human", "value": "a"}, {"from": "function_call", "value": "{\"name\": \"f\", \"arguments\": {\"x\": 1}}"}, {"from": "observation", "value": "7"}, {"from": "gpt", "value": "b"}], "tools": "[]", "system": ""}"""));
        Assert.Null(chat.Tools);
        Assert.Equal([false, true, false, true], chat.IsTrained);
        Assert.Equal(
            """[{"role":"user","content":"a"},{"role":"assistant","content":"","tool_calls":[{"type":"function","function":{"name":"f","arguments":{"x":1}}}]},{"role":"tool","content":"7"},{"role":"assistant","content":"b"}]""",
            chat.Messages.ToJsonString());
    }

    [Fact]
    public void A_conversation_as_prompt_and_completion_learns_the_completion_only()
    {
        var chat = Assert.IsType<ChatExample>(Read(
            """{"prompt": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}, {"role": "user", "content": "c"}], "completion": [{"role": "assistant", "content": "d"}]}"""));
        Assert.Equal([false, false, false, true], chat.IsTrained);
    }

    [Theory]
    [InlineData("""{"text": 7}""", "text", "column 'text': expected text, found a number")]
    [InlineData("""{"text": null}""", "text", "column 'text': expected text, found nothing")]
    [InlineData("""{"text": "\ud800"}""", "text", "half a surrogate pair")]
    [InlineData("""[]""", "text", "expected an object with columns, found an array")]
    [InlineData("""{"prompt": "a", "completion": ["b"]}""", "prompt_completion", "column 'completion': expected text, found an array")]
    [InlineData("""{"prompt": [], "completion": "b"}""", "prompt_completion", "column 'completion': expected an array, found text")]
    [InlineData("""{"instruction": "a"}""", "alpaca", "column 'output': expected text, found nothing")]
    [InlineData("""{"messages": {}}""", "messages", "column 'messages': expected an array, found an object")]
    [InlineData("""{"messages": []}""", "messages", "no message of the assistant")]
    [InlineData("""{"messages": [{"role": "user", "content": "a"}]}""", "messages", "no message of the assistant")]
    [InlineData("""{"messages": ["a"]}""", "messages", "message 1: expected an object with role and content, found text")]
    [InlineData("""{"messages": [{"role": "bot", "content": "a"}]}""", "messages", "message 1, role: expected one of system, developer, user, assistant, tool, found 'bot'")]
    [InlineData("""{"messages": [{"role": "assistant"}]}""", "messages", "message 1, content: expected text, found nothing")]
    [InlineData("""{"messages": [{"role": "assistant", "content": [{"type": "image_url"}]}]}""", "messages", "part 1: expected a part of type text, found \"image_url\"")]
    [InlineData("""{"messages": [{"role": "assistant", "content": "a", "weight": 2}]}""", "messages", "weight: expected 0 or 1, found 2")]
    [InlineData("""{"messages": [{"role": "assistant", "content": "a"}], "tools": "x"}""", "messages", "column 'tools': expected a JSON array of tools")]
    [InlineData("""{"conversations": [{"from": "alien", "value": "a"}]}""", "sharegpt", "turn 1, from: expected one of human")]
    [InlineData("""{"conversations": [{"from": "gpt"}]}""", "sharegpt", "turn 1: expected an object with from and value")]
    [InlineData("""{"conversations": [{"from": "function_call", "value": "f(x)"}]}""", "sharegpt", "turn 1: a function_call must be")]
    public void Wrong_types_name_line_column_expectation_and_find(string row, string shape, string message)
    {
        string error = Error(row, new ColumnOptions { Shape = shape });
        Assert.Contains(message, error, StringComparison.Ordinal);
        Assert.StartsWith("a.jsonl, line 1: ", error, StringComparison.Ordinal);
    }

    private static List<DataRow> Rows(params string[] rows) => DataFiles.Rows("a.jsonl", string.Join('\n', rows));

    private static TrainingExample Read(string row, ColumnOptions? columns = null)
    {
        columns ??= new ColumnOptions();
        List<DataRow> rows = Rows(row);
        return KnownRowShapes.Of(rows, columns).Read(rows[0], columns);
    }

    private static string Error(string row, ColumnOptions columns) => Assert.Throws<DataException>(() => Read(row, columns)).Message;
}
