using System.Text.Json.Nodes;
using Attune.Cli.Options;

namespace Attune.Cli.Commands;

/// <summary>Settings of <c>attune schema</c>.</summary>
internal sealed record SchemaOptions
{
    /// <summary>The command whose recipes are described: train or pretrain. Default: train.</summary>
    public string Command { get; init; } = "train";
}

/// <summary><c>attune schema</c>.</summary>
internal sealed class SchemaCommand : ToolCommand
{
    public override string Name => "schema";

    public override string Summary => "Print the JSON Schema of recipes, with which editors complete and check them.";

    public override IReadOnlyList<string> Remarks =>
        ["Editors with YAML support use it when a recipe's first line is: # yaml-language-server: $schema=PATH. recipes/recipe.schema.json is the one for attune train."];

    public override IReadOnlyList<string> Examples => ["attune schema", "attune schema pretrain"];

    public override IReadOnlyList<string> Operands => ["command"];

    public override IReadOnlyList<string> JsonFields => ["$schema", "title", "type", "additionalProperties", "properties"];

    protected override OptionsSchema CreateSchema() => new OptionsSchema().Add<SchemaOptions>("Recipes");

    public override JsonObject Run(CommandContext context)
    {
        string name = context.Values.Build<SchemaOptions>().Command;
        ToolCommand command = name switch
        {
            "train" => new TrainCommand(),
            "pretrain" => new PretrainCommand(),
            _ => throw new UsageException($"command: expected train or pretrain, found '{name}'"),
        };
        JsonObject schema = RecipeSchema.Describe(command.Schema, $"A recipe of attune {command.Name}", [.. command.Operands, .. CommandLineKeys]);
        context.Terminal.Result(JsonText.Indented(schema));
        return schema;
    }

    /// <summary>What belongs to a call of the tool, not to a run.</summary>
    private static IEnumerable<string> CommandLineKeys => OptionsSchema.Properties(typeof(OutputOptions)).Select(property => OptionKey.ToKey(property.Name));
}
