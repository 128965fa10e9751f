#:property PublishAot=false
// Makes the example data of this folder from word lists: customers' messages and the routing line that a help desk wants for each.
// Also makes the plain text that the built-in base model was trained on. Run with: dotnet run examples/MakeTickets.cs -- OUTPUT_FOLDER
// Everything is drawn from a fixed seed, so the files come out the same every time.
using System.Text;

string output = args.Length > 0 ? args[0] : "examples/tickets";
Directory.CreateDirectory(output);
var random = new SplitMix(20261121);

string[] products = ["kettle", "lamp", "jacket", "backpack", "keyboard", "tent", "blender", "scarf", "router", "bicycle pump", "desk fan", "notebook", "headset", "camera", "carpet", "mug"];
string[] names = ["Amara", "Bruno", "Chen", "Dalia", "Emil", "Farah", "Goran", "Hana", "Ivo", "Jonas", "Kaya", "Lena", "Milo", "Nadia", "Oskar", "Priya"];
string[] greetings = ["Hello", "Hi there", "Good morning", "Dear team", "Good evening", "Hey"];
string[] thanks = ["Thank you.", "Thanks a lot.", "Kind regards.", "Best wishes.", "Many thanks.", "Please help."];
(string Queue, string Urgency, string[] Sentences)[] topics =
[
    ("damage", "high", ["the {0} of order {1} arrived broken", "order {1} came today and the {0} is cracked", "my {0} from order {1} has a big dent"]),
    ("missing", "high", ["order {1} never arrived, I am still waiting for the {0}", "the parcel of order {1} was empty, no {0} inside", "where is the {0} from order {1}"]),
    ("return", "low", ["I want to send back the {0} of order {1}", "how can I return the {0} from order {1}", "the {0} in order {1} is the wrong colour, I would like to return it"]),
    ("billing", "medium", ["I was charged twice for the {0} in order {1}", "the invoice of order {1} shows a wrong price for the {0}", "please correct the bill of order {1}, the {0} was on sale"]),
    ("question", "low", ["does the {0} from order {1} need batteries", "can I wash the {0} that I got with order {1}", "which size is the {0} in order {1}"]),
    ("cancel", "medium", ["please cancel order {1}, I no longer need the {0}", "I ordered the {0} by mistake, stop order {1}", "is it too late to cancel the {0} of order {1}"]),
];

(string Message, string Line) Ticket()
{
    (string queue, string urgency, string[] sentences) = topics[random.Next(topics.Length)];
    string product = products[random.Next(products.Length)];
    string order = $"{1000 + random.Next(9000)}";
    string sentence = string.Format(System.Globalization.CultureInfo.InvariantCulture, sentences[random.Next(sentences.Length)], product, order);
    string message = random.Next(2) == 0
        ? $"{greetings[random.Next(greetings.Length)]}, {sentence}. {thanks[random.Next(thanks.Length)]} {names[random.Next(names.Length)]}"
        : $"{greetings[random.Next(greetings.Length)]}, this is {names[random.Next(names.Length)]}. {char.ToUpperInvariant(sentence[0])}{sentence[1..]}. {thanks[random.Next(thanks.Length)]}";
    return (message, $"queue={queue} order={order} item={product} urgency={urgency}");
}

var seen = new HashSet<string>();
void WriteTickets(string name, int rows)
{
    var text = new StringBuilder();
    for (int i = 0; i < rows;)
    {
        (string message, string line) = Ticket();
        if (seen.Add(message))
        {
            text.Append($"{{\"prompt\": \"{message}\", \"completion\": \"{line}\"}}\n");
            i++;
        }
    }

    File.WriteAllText(Path.Combine(output, name), text.ToString());
}

WriteTickets("train.jsonl", 400);
WriteTickets("held-out.jsonl", 80);
if (args.Length > 1)
{
    // The base model reads messages and repeats of their facts in free order: language and copying, but never the routing line of the example task.
    var text = new StringBuilder();
    for (int i = 0; i < int.Parse(args[1], System.Globalization.CultureInfo.InvariantCulture); i++)
    {
        (string message, string line) = Ticket();
        string[] facts = line.Split(' ', 4);
        string order = facts[1].Split('=')[1];
        string product = line.Split("item=")[1].Split(" urgency")[0];
        string[] notes = [$"It is about order {order}.", $"It is about a {product}.", $"Order {order} is for a {product}.", $"The {product} is in order {order}."];
        text.Append($"{{\"text\": \"{message} {notes[random.Next(notes.Length)]} {notes[random.Next(notes.Length)]}\"}}\n");
    }

    File.WriteAllText(Path.Combine(output, "base.jsonl"), text.ToString());
}

/// <summary>Random numbers that are the same everywhere (Steele, Lea, Flood 2014).</summary>
internal sealed class SplitMix(ulong state)
{
    private ulong _state = state;

    public int Next(int bound)
    {
        ulong z = _state += 0x9E3779B97F4A7C15UL;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9UL;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBUL;
        return (int)((z ^ (z >> 31)) % (ulong)bound);
    }
}
