using Xunit;

namespace Stagedoor.Errors.Tests;

public sealed class FindTests
{
    [Theory]
    [InlineData("SVCSTG.SWR.4040058")]
    [InlineData("svcstg.swr.4040058")]
    [InlineData(" 4040058 ")]
    [InlineData("SWR.4040058")]
    public void A_code_is_found_in_any_case_and_by_its_number(string code)
    {
        Assert.Equal([ImagesCodes.OrganizationNotFound], ErrorCatalog.Find(code));
    }

    [Fact]
    public void A_code_with_two_texts_has_two_rows()
    {
        Assert.Equal([GatewayCodes.ApiNotFound, GatewayCodes.MethodNotFound], ErrorCatalog.Find("APIGW.0101"));
        Assert.Equal([DiscoveryCodes.InvalidTransaction, DiscoveryCodes.InvalidTransactionHead], ErrorCatalog.Find("CSE.4001011"));
    }

    [Theory]
    [InlineData("4001000")]
    [InlineData("2000")]
    public void A_number_that_two_services_use_finds_nothing(string number)
    {
        Assert.Empty(ErrorCatalog.Find(number));
    }

    [Fact]
    public void A_code_without_prefix_wins_over_the_end_of_another()
    {
        Assert.Equal([DiscoveryCodes.MicroserviceNotFound], ErrorCatalog.Find("400012"));
    }

    [Fact]
    public void The_code_with_underscores_is_found_by_its_number_too()
    {
        Assert.Equal([TracingCodes.InvalidRequest], ErrorCatalog.Find("AMS_4000001"));
    }

    [Theory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("58")]
    [InlineData("SVCSTG.SWR.9999999")]
    public void Nothing_else_is_found(string code)
    {
        Assert.Empty(ErrorCatalog.Find(code));
    }

    [Fact]
    public void A_search_needs_every_word()
    {
        var found = ErrorCatalog.Search("organization QUOTA", "en");

        Assert.Contains(ImagesCodes.OrganizationQuotaExceeded, found);
        Assert.DoesNotContain(ImagesCodes.OrganizationNotFound, found);
    }

    [Fact]
    public void A_search_looks_into_both_languages()
    {
        Assert.Contains(ImagesCodes.SaveLayerFailed, ErrorCatalog.Search("磁盘 doctor", "en"));
        Assert.Contains(ImagesCodes.SaveLayerFailed, ErrorCatalog.Search("disk doctor", "zh"));
    }

    [Fact]
    public void A_hit_in_the_code_comes_first_and_one_in_the_text_second()
    {
        var found = ErrorCatalog.Search("5000057", "en");

        Assert.Equal(ImagesCodes.GetOrganizationFailed, found[0]);
        Assert.Contains(ImagesCodes.CheckOrganizationFailed, found.Skip(1));
    }

    [Fact]
    public void The_language_asked_for_decides_between_equals()
    {
        var found = ErrorCatalog.Search("uploads", "zh").Select(row => IsIn(row.Chinese)).ToArray();

        Assert.Equal(found.OrderDescending(), found);
        Assert.Contains(false, found);
        Assert.NotEqual(ErrorCatalog.Search("uploads", "en"), ErrorCatalog.Search("uploads", "zh"));

        static bool IsIn(ErrorText text) => (text.Meaning + text.Remedy).Contains("uploads", StringComparison.OrdinalIgnoreCase);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("  ")]
    public void Without_words_everything_is_found(string? words)
    {
        Assert.Equal(ErrorCatalog.All, ErrorCatalog.Search(words, "en"));
    }

    [Fact]
    public void Words_beyond_the_sixteenth_are_passed_over()
    {
        var row = ImagesCodes.OrganizationQuotaExceeded;
        var words = string.Join(' ', Enumerable.Repeat("organization", 15));

        Assert.Contains(row, ErrorCatalog.Search($"{words} quota nonsense", "en"));
        Assert.Empty(ErrorCatalog.Search($"{words} nonsense", "en"));
    }
}
