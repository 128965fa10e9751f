#:property PublishAot=false
// Makes the example data of this folder from word lists: customers' messages and the line that a help desk wants for each.
// Run with: dotnet run examples/MakeTickets.cs -- OUTPUT_FOLDER
// Everything is drawn from a fixed seed, so the files come out the same every time. The last two sentences of each topic stand in held-out rows only: part of the score is on
// wordings that no training row has.
using System.Text;

string output = args.Length > 0 ? args[0] : "examples/tickets";
Directory.CreateDirectory(output);
var random = new SplitMix(20261121);

string[] products =
[
    "kettle", "lamp", "jacket", "backpack", "keyboard", "tent", "blender", "scarf", "router", "bicycle pump", "desk fan", "notebook", "headset", "camera", "carpet", "mug", "ladder", "pillow", "umbrella",
    "clock", "toaster", "radio", "chair", "wallet",
];
string[] names = ["Amara", "Bruno", "Chen", "Dalia", "Emil", "Farah", "Goran", "Hana", "Ivo", "Jonas", "Kaya", "Lena", "Milo", "Nadia", "Oskar", "Priya"];
string[] greetings = ["Hello", "Hi there", "Good morning", "Dear team", "Good evening", "Hey"];
string[] thanks = ["Thank you.", "Thanks a lot.", "Kind regards.", "Best wishes.", "Many thanks.", "Please help."];
const int HeldOutSentences = 2;
(string Queue, string Urgency, string[] Sentences)[] topics =
[
    ("damage", "high",
    [
        "the {0} of order {1} arrived broken", "order {1} came today and the {0} is cracked", "my {0} from order {1} has a big dent", "the {0} I got with order {1} does not work", "after one day the {0} of order {1} fell apart",
        "the box of order {1} was crushed and so is the {0}", "there is a hole in the {0} that came with order {1}", "order {1}: the {0} makes a terrible noise and then stops",
    ]),
    ("missing", "high",
    [
        "order {1} never arrived, I am still waiting for the {0}", "the parcel of order {1} was empty, no {0} inside", "where is the {0} from order {1}", "I have been waiting two weeks for the {0} of order {1}",
        "the postman says order {1} is lost, and with it my {0}", "there was no {0} in the parcel of order {1}", "nobody has brought the {0} of order {1} yet", "order {1} should be here since Monday, but I have seen no {0}",
    ]),
    ("return", "low",
    [
        "I want to send back the {0} of order {1}", "how can I return the {0} from order {1}", "the {0} in order {1} is the wrong colour, I would like to return it", "the {0} of order {1} does not fit, please take it back",
        "my daughter does not like the {0} from order {1}, can it go back", "I would like to exchange the {0} of order {1} for a smaller one", "what is the address for returns, it is about the {0} in order {1}",
        "please send me a label, the {0} of order {1} goes back to you",
    ]),
    ("billing", "medium",
    [
        "I was charged twice for the {0} in order {1}", "the invoice of order {1} shows a wrong price for the {0}", "please correct the bill of order {1}, the {0} was on sale", "I paid for the {0} of order {1} but you say I did not",
        "my card was charged too much for the {0}, order {1}", "please send me a receipt for the {0} of order {1}", "the voucher was not counted when I paid for the {0} in order {1}", "why does the bill of order {1} have two lines for one {0}",
    ]),
    ("question", "low",
    [
        "does the {0} from order {1} need batteries", "can I wash the {0} that I got with order {1}", "which size is the {0} in order {1}", "how do I clean the {0} of order {1}", "is there a manual for the {0} in order {1}",
        "how long is the warranty of the {0} from order {1}", "of what is the {0} made that came with order {1}", "may I leave the {0} of order {1} out in the rain",
    ]),
    ("cancel", "medium",
    [
        "please cancel order {1}, I no longer need the {0}", "I ordered the {0} by mistake, stop order {1}", "is it too late to cancel the {0} of order {1}", "do not send the {0}, I want to cancel order {1}",
        "I have found the {0} elsewhere, please cancel order {1}", "please stop order {1} before the {0} is sent", "I have changed my mind about the {0}, forget order {1}", "take the {0} out of order {1}, I do not want it any more",
    ]),
];

(string Message, string Line) Ticket(bool isHeldOut)
{
    (string queue, string urgency, string[] sentences) = topics[random.Next(topics.Length)];
    string product = products[random.Next(products.Length)];
    string order = $"{1000 + random.Next(9000)}";
    string sentence = string.Format(System.Globalization.CultureInfo.InvariantCulture, sentences[random.Next(sentences.Length - (isHeldOut ? 0 : HeldOutSentences))], product, order);
    string name = names[random.Next(names.Length)];
    string message = random.Next(2) == 0
        ? $"{greetings[random.Next(greetings.Length)]}, {sentence}. {thanks[random.Next(thanks.Length)]} {name}"
        : $"{greetings[random.Next(greetings.Length)]}, this is {name}. {char.ToUpperInvariant(sentence[0])}{sentence[1..]}. {thanks[random.Next(thanks.Length)]}";
    return (message, $"{queue}: about the {product}, from {name}, urgency {urgency}");
}

var seen = new HashSet<string>();
void WriteTickets(string name, int rows, bool isHeldOut)
{
    var text = new StringBuilder();
    for (int i = 0; i < rows;)
    {
        (string message, string line) = Ticket(isHeldOut);
        if (seen.Add(message))
        {
            text.Append($"{{\"prompt\": \"{message}\", \"completion\": \"{line}\"}}\n");
            i++;
        }
    }

    File.WriteAllText(Path.Combine(output, name), text.ToString());
}

WriteTickets("train.jsonl", 1600, isHeldOut: false);
WriteTickets("held-out.jsonl", 120, isHeldOut: true);

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
