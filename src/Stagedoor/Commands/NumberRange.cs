using System.CommandLine;
using System.Globalization;

namespace Stagedoor.Commands;

/// <summary>Options that are numbers between two others.</summary>
internal static class NumberRange
{
    /// <summary>Refuses every other number. What is none is refused by the parser.</summary>
    internal static Option<int> Between(this Option<int> option, int least, int most, string unit)
    {
        option.Validators.Add(result =>
        {
            // The value cannot be asked for where the word is no number.
            if (result.Tokens is [{ Value: var word }] && int.TryParse(word, CultureInfo.InvariantCulture, out var number) && (number < least || number > most))
            {
                result.AddError(string.Create(CultureInfo.InvariantCulture, $"{option.Name} is {least} to {most}{unit}."));
            }
        });
        return option;
    }
}
