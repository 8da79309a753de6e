using System.ComponentModel.DataAnnotations;

namespace Stagedoor.Images.Retention;

/// <summary>Settings under <c>Images:Retention</c>: rules by which tags go.</summary>
public sealed class RetentionOptions
{
    /// <summary>Whether rules are executed at all.</summary>
    public bool Enabled { get; set; } = true;

    /// <summary>Minutes between two executions of a rule.</summary>
    [Range(1, 7 * 24 * 60)]
    public int IntervalMinutes { get; set; } = 60;

    /// <summary>For how many days it is kept what rules have deleted.</summary>
    [Range(1, 3650)]
    public int HistoryDays { get; set; } = 180;
}
