using System.Text.Json.Nodes;

namespace Attune.Text.Templates;

/// <summary>What is done to messages before a template sees them.</summary>
internal static class MessagePreparation
{
    private static readonly string[] ReasoningKeys = ["reasoning_content", "thinking", "reasoning"];

    /// <summary>A copy in which a message's reasoning stands under every name that templates know; the first that is set wins, and <c>thinking</c> keeps its own text.</summary>
    public static JsonArray ShareReasoning(JsonArray messages)
    {
        try
        {
            var copy = (JsonArray)messages.DeepClone();
            foreach (JsonObject message in copy.OfType<JsonObject>())
            {
                Share(message);
            }

            return copy;
        }
        catch (Exception error) when (error is ArgumentException or InvalidOperationException)
        {
            throw new TextException($"the messages for a chat template cannot be used: {error.Message}", error);
        }
    }

    private static void Share(JsonObject message)
    {
        JsonNode? reasoning = ReasoningKeys.Select(key => message[key]).FirstOrDefault(node => node is not null);
        if (reasoning is null)
        {
            return;
        }

        foreach (string key in ReasoningKeys)
        {
            if (!ReferenceEquals(message[key], reasoning) && (key != "thinking" || !message.ContainsKey(key)))
            {
                message[key] = reasoning.DeepClone();
            }
        }
    }
}
