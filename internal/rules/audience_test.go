package rules

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/db/dbtest"
)

// blind are the texts that read rows with an audience and do not ask who reads,
// by the reason why that is right. A folder ends in a slash and stands for all
// its texts. Whoever adds one says where the reader is checked instead.
var blind = []struct {
	why   string
	texts []string
}{
	{"an export holds everything; whoever holds the machine may make one", []string{"connect/export/"}},
	{"the house numbers and follows events; what follows is written with its audience", []string{"core/event/"}},
	{"receipts are made from what happened and carry its audience, which is checked where they are read", []string{
		"ask/read_store.go answersOfSQL", "ask/read_store.go answersByAuthorSQL", "ask/read_store.go nextAnswersSQL", "ask/read_store.go proofSQL", "core/ledger/store.go ofSourceSQL", "core/ledger/read_store.go sourcesOfSkillSQL",
		"mentoring/mentorship_store.go nextRoomsSQL", "mentoring/mentorship_store.go receiptsSQL",
		"core/skills/endorse_store.go nextEndorsementsSQL", "core/skills/endorse_store.go vouchSQL", "core/skills/endorse_store.go vouchesByPeopleSQL", "core/skills/endorse_store.go vouchesForPeopleSQL",
	}},
	{"indexes of words and evidence are made of everything and carry the audience, which is checked where they are searched", []string{
		"ask/read_store.go answerWordsSQL", "ask/read_store.go questionTextsSQL", "ask/reindex_store.go searchableAnswersSQL", "ask/reindex_store.go searchableQuestionsSQL",
		"core/similar/store.go docSQL", "core/skills/endorse_store.go notesSQL", "core/subject/store.go afterSQL",
		"core/whoknows/store.go daysSQL", "core/whoknows/store.go evidenceByAuthorSQL", "core/whoknows/store.go evidenceOfSQL", "core/whoknows/store.go nextChangedSQL", "core/whoknows/store.go nextEvidenceSQL",
		"core/whoknows/store.go nextPeopleSQL", "core/whoknows/store.go nextSourcesSQL", "core/whoknows/store.go nextUnprovedSQL", "core/whoknows/store.go postingSQL", "core/whoknows/store.go receiptsSQL",
	}},
	{"an import brings what a file holds and looks up its own rows", []string{"ask/import_store.go importedQuestionOfSQL", "ask/import_store.go importedTitleSQL"}},
	{"the house decides whom it tells; each of them is asked for in access before", []string{
		"ask/notices_store.go authorOfAnswerSQL", "ask/notices_store.go bodyOfSQL", "ask/notices_store.go questionOfSQL",
		"core/meet/store.go comingOfSQL", "core/meet/store.go oneSQL",
	}},
	{"the house routes a question among those who may see it", []string{"ask/routing_store.go confirmableSQL", "ask/routing_store.go routableSQL", "ask/routing_store.go waySQL"}},
	{"a run pairs those who take part; who was with whom is used for it and shown to nobody", []string{
		"mentoring/mentorship_store.go countGoalsSQL", "mentoring/mentorship_store.go weeksSQL", "mentoring/store.go formerSQL", "mentoring/store.go madeSQL",
		"mentoring/store.go programmeOfSQL", "mentoring/store.go takenSQL", "mentoring/store.go takenBySQL", "mentoring/mentorship_store.go openRequestsSQL", "mentoring/mentorship_store.go groupOfMentorSQL",
		"mentoring/mentorship_store.go liveOfProgrammeSQL", "mentoring/store.go openOfWaySQL", "mentoring/store.go joinersSQL",
	}},
	{"the house asks and tells the members of each room, and ends what nobody answers", []string{
		"mentoring/mentorship_store.go activeSQL", "mentoring/mentorship_store.go roomsOfRunSQL", "mentoring/mentorship_store.go requestsOfSQL",
		"mentoring/mentorship_store.go buddiesOfSQL", "mentoring/mentorship_store.go liveOfSQL", "mentoring/mentorship_store.go waitsToHearSQL",
		"mentoring/mentorship_store.go overdueSQL", "mentoring/mentorship_store.go stillWaitsSQL",
	}},
	{"who of a programme waits for a buddy, for those who run it, who are asked for before", []string{
		"mentoring/mentorship_store.go waitingSQL", "mentoring/mentorship_store.go askedForSQL", "mentoring/store.go whysSQL",
	}},
	{"numbers of a programme, of five and more, for those who run it, who are asked for before", []string{
		"mentoring/store.go countFreeSQL", "mentoring/mentorship_store.go countMetSQL", "mentoring/mentorship_store.go countStatesSQL", "mentoring/mentorship_store.go pulseSQL", "mentoring/mentorship_store.go worthSQL", "mentoring/mentorship_store.go reachedSQL",
	}},
	{"a round is drawn by the house among those who belong to the group's audience, and what it makes is read by its people", []string{
		"coffee/hours_store.go dueLotteriesSQL", "coffee/hours_store.go oneLotterySQL", "coffee/store.go dueGroupsSQL", "coffee/store.go isPairSQL", "coffee/store.go oneGroupSQL", "coffee/store.go pairOfRoundSQL", "coffee/store.go planOfSQL",
	}},
	{"swaps are counted, ended and repaired by the house; their members are asked for in access before they are told", []string{
		"swaps/house_store.go anySwapSQL", "swaps/house_store.go betweenSQL", "swaps/house_store.go inRoundsSQL", "swaps/house_store.go ofPersonSQL",
		"swaps/house_store.go proposedCountSQL", "swaps/house_store.go standingCountSQL",
	}},
	{"the lessons of a swap are read after the swap was opened by one of its members", []string{"swaps/lesson_store.go lessonSQL", "swaps/lesson_store.go lessonsSQL"}},
	{"receipts of lessons carry the audience, which is checked where they are read", []string{"swaps/receipts_store.go nextSwapsSQL", "swaps/receipts_store.go proofsSQL"}},
	{"the house asks the learner of an echo, tells its helpers and counts; what it writes carries the audience", []string{
		"ask/echo_store.go helpedAskersSQL", "swaps/echo_store.go lessonsTakenSQL", "mentoring/echo_store.go settledGoalsSQL",
		"core/echo/store.go dueSQL", "core/echo/store.go latelySQL", "core/echo/store.go learnerSQL", "core/echo/store.go uncountedSQL",
		"core/echo/store.go nextSQL", "core/echo/store.go proofsSQL",
	}},
	{"the reader's own first week, and that of whom the house nudges", []string{"ask/thanked_store.go thankedSQL", "welcome/store.go pathSQL"}},
	{"an hour is found by its code before somebody comes in, read after one of its people opened it, and forgotten by the house", []string{
		"teamhour/store.go byCodeSQL", "teamhour/store.go countSQL", "teamhour/store.go dueSQL",
	}},
	{"only times are read, nobody learns of what", []string{"core/meet/store.go takenSQL"}},
	{"the reader's own, by the author they are", []string{"core/ledger/read_store.go ownReceiptSQL"}},
	{"the daily sweep asks whether anything shows a file", []string{"ask/attach_store.go usedFilesSQL"}},
	{"a name is looked up for one audience, whose member says it", []string{"core/skills/store.go byNormSQL", "core/skills/store.go tagByIDSQL", "core/skills/store.go tagByNormSQL"}},
	{"the next number of a version, written by somebody who may edit", []string{"core/revise/store.go lastSQL"}},
}

// wholeOrganisation is a text that reads only what the whole organisation may
// see, where guests are refused before.
var wholeOrganisation = regexp.MustCompile(`audience_id = 1\b`)

// TestWhatHasAnAudienceIsReadByItsMembers refuses a SELECT on a table with an
// audience that does not join audience_members: counts, lists and searches ask
// who reads in the same query that reads.
func TestWhatHasAnAudienceIsReadByItsMembers(t *testing.T) {
	readable := map[string]bool{}
	if err := dbtest.SQLite(t).Read(t.Context(), func(tx *db.Tx) error {
		names, err := db.All(tx, `SELECT m.name FROM sqlite_master m JOIN pragma_table_info(m.name) c ON c.name = 'audience_id' WHERE m.type = 'table'`,
			func(r *db.Rows, v *string) error { return r.Scan(v) })
		for _, n := range names {
			readable[n] = n != "audience_members"
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if len(readable) < 15 {
		t.Errorf("only %d tables have an audience: the rule is blind", len(readable))
	}
	used := map[string]bool{}
	joined, line := 0, regexp.MustCompile(`:\d+`)
	for _, s := range statements(t) {
		begin, _, _ := strings.Cut(strings.TrimSpace(s.sql), " ")
		begin, _, _ = strings.Cut(begin, "\n")
		if begin = strings.ToUpper(begin); begin != "SELECT" && begin != "WITH" {
			continue
		}
		var reads []string
		for _, m := range tableName.FindAllStringSubmatch(s.sql, -1) {
			if readable[m[1]] && !slices.Contains(reads, m[1]) {
				reads = append(reads, m[1])
			}
		}
		if len(reads) == 0 {
			continue
		}
		if strings.Contains(s.sql, "audience_members") {
			joined++
			continue
		}
		if wholeOrganisation.MatchString(s.sql) {
			continue
		}
		name, known := line.ReplaceAllString(s.name, ""), false
		for _, b := range blind {
			for _, x := range b.texts {
				if x == name || strings.HasSuffix(x, "/") && strings.HasPrefix(name, x) {
					used[x], known = true, true
				}
			}
		}
		if !known {
			t.Errorf("%s reads %v for whoever asks: join audience_members, or say in this test who is asked for where\n%s", s.name, reads, s.sql)
		}
	}
	if joined < 30 {
		t.Errorf("only %d texts join audience_members: the rule is blind", joined)
	}
	for _, b := range blind {
		for _, x := range b.texts {
			if !used[x] {
				t.Errorf("%s reads nothing of an audience any more: take it off the list", x)
			}
		}
	}
}
