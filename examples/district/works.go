package district

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"
)

// deed is a piece of practical work that the official has recorded.
type deed struct {
	official    int
	kind        int
	at          time.Time
	hours       string
	beneficiary int // or nobody
	confirmed   string
	title       string
}

// honour is an achievement: what makes visible.
type honour struct {
	official int
	kind     string
	at       time.Time
	title    string
}

var deedKinds = []string{"HOME_VISIT", "MEDIATION", "HARDSHIP_SUPPORT", "MAINTENANCE", "SAFETY", "OTHER"}

// deedTitles by kind, in the order of deedKinds.
var deedTitles = [][]string{
	{"上门为高龄老人办理认证", "入户送达补贴卡", "走访独居老人"},
	{"调解楼上楼下漏水纠纷", "协调停车位争议", "促成欠薪和解"},
	{"帮困难家庭申请临时救助", "联系爱心午餐送餐", "陪同残疾居民就医"},
	{"修好单元门禁", "清通堵塞下水道", "更换楼道灯泡"},
	{"排查燃气软管隐患", "清理消防通道杂物", "劝导飞线充电整改"},
	{"代写办事材料", "寻回走失老人", "整理社区便民信息"},
}

// inspection is the first day of the week in which the district was inspected.
const (
	inspectionMonth = 6
	inspectionDay   = 9
)

// makeDeeds records the deeds: more by good officials, and a wave of
// self-reported ones by the showy in the week of the inspection.
func (w *world) makeDeeds() {
	d := w.dice(7)
	for _, p := range w.posts {
		o := w.officials[p.official]
		mean := duties[p.role].deeds * 12 * p.share() * math.Exp(float64(0.35*o.Quality))
		for range d.poisson(mean) {
			if at, ok := w.year.office(d, p.from+d.IntN(p.to-p.from)); ok && w.year.dayOf(at) < p.to {
				w.addDeed(d, p, at, []float64{70, 4, 26})
			}
		}
		if o.Story == StoryShowy {
			for range d.between(10, 15) {
				day := w.year.day(inspectionMonth, inspectionDay) + d.IntN(5)
				w.addDeed(d, p, w.year.anyHour(d, day), []float64{8, 12, 80})
			}
		}
	}
	slices.SortStableFunc(w.deeds, func(a, b deed) int {
		return cmp.Or(a.at.Compare(b.at), cmp.Compare(a.official, b.official))
	})
}

// addDeed adds a deed; answers are the weights of confirmed, denied and silent.
func (w *world) addDeed(d dice, p post, at time.Time, answers []float64) {
	kind := d.IntN(len(deedKinds))
	x := deed{official: p.official, kind: kind, at: at, beneficiary: w.someResident(d, p.area), title: pick(d, deedTitles[kind])}
	x.confirmed = []string{"YES", "NO", ""}[d.weighted(answers)]
	if x.confirmed == "" && d.chance(0.3) {
		x.beneficiary = nobody
	}
	if d.chance(0.8) {
		x.hours = strconv.FormatFloat(float64(d.between(1, 12))/2, 'f', -1, 64)
	}
	w.deeds = append(w.deeds, x)
}

// honourKinds with their titles.
var honourKinds = []struct {
	kind   string
	titles []string
}{
	{"AWARD", []string{"区级先进个人", "服务之星", "优秀党务工作者"}},
	{"MEDIA", []string{"区融媒体中心专题报道", "市报人物专访", "电视台现场采访"}},
	{"DEMONSTRATION_PROJECT", []string{"示范窗口创建项目", "样板楼院打造项目", "特色品牌工作室揭牌"}},
	{"INSPECTION", []string{"迎接市级调研并作汇报", "接待外区参观学习", "迎检现场会发言"}},
	{"CAMPAIGN", []string{"文明创建攻坚行动", "春季爱国卫生运动", "营商环境宣传月活动"}},
}

// makeAchievements depends on visibility alone. The quiet have none.
func (w *world) makeAchievements() {
	d := w.dice(8)
	for i, o := range w.officials {
		if o.Story == StoryQuiet || w.absent(i) {
			continue
		}
		count := d.poisson(math.Exp(0.1 + float64(0.8*o.Visibility)))
		if o.Story == StoryShowy {
			count += d.between(2, 4)
		}
		for range count {
			p := w.posts[pick(d, w.careers[i].posts)]
			at, ok := w.year.office(d, p.from+d.IntN(p.to-p.from))
			if !ok || w.year.dayOf(at) >= p.to {
				continue
			}
			h := pick(d, honourKinds)
			title := fmt.Sprintf("%s：%s", duties[p.role].position, pick(d, h.titles))
			w.honours = append(w.honours, honour{i, h.kind, at, title})
		}
	}
	slices.SortStableFunc(w.honours, func(a, b honour) int {
		return cmp.Or(a.at.Compare(b.at), cmp.Compare(a.official, b.official))
	})
}
