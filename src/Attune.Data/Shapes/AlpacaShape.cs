using System.Text.Json;
using Attune.Data.Rows;

namespace Attune.Data.Shapes;

/// <summary>Instructions as in Stanford Alpaca: a task, optional material, an answer.</summary>
/// <remarks>
/// In a conversation the user says the instruction and, on the next line, the input. Without a chat template the prompt has Alpaca's headings
/// <c>### Instruction:</c>, <c>### Input:</c> and <c>### Response:</c>, without the sentence before them.
/// </remarks>
public sealed class AlpacaShape : IRowShape
{
    /// <inheritdoc/>
    public string Key => "alpaca";

    /// <inheritdoc/>
    public string Columns => "instruction, output, optionally input";

    /// <inheritdoc/>
    public bool IsMapped(ColumnOptions columns) => (columns.InstructionColumn ?? columns.InputColumn ?? columns.OutputColumn) is not null;

    /// <inheritdoc/>
    public bool Recognises(JsonElement row, ColumnOptions columns) =>
        RowColumns.Has(row, Instruction(columns), JsonValueKind.String) && RowColumns.Has(row, Output(columns), JsonValueKind.String);

    /// <inheritdoc/>
    public TrainingExample Read(DataRow row, ColumnOptions columns)
    {
        string instruction = row.Text(Instruction(columns));
        string output = row.Text(Output(columns));
        string input = row.OptionalText(columns.InputColumn ?? "input") ?? string.Empty;
        bool hasInput = !string.IsNullOrWhiteSpace(input);
        return new CompletionExample(hasInput ? $"{instruction}\n{input}" : instruction, output)
        {
            System = row.OptionalText(columns.SystemColumn),
            PlainPrompt = hasInput
                ? $"### Instruction:\n{instruction}\n\n### Input:\n{input}\n\n### Response:\n"
                : $"### Instruction:\n{instruction}\n\n### Response:\n",
        };
    }

    private static string Instruction(ColumnOptions columns) => columns.InstructionColumn ?? "instruction";

    private static string Output(ColumnOptions columns) => columns.OutputColumn ?? "output";
}
